const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A moment as `Feb 19th, 4:15:38 PM`, in UTC; the page's script puts it into the reader's own zone. */
export function Timestamp({ at, now }: { at: Date; now: Date }) {
  return (
    <time datetime={at.toISOString()} title={utc(at)} data-form="clock">
      {formatTimestamp(at, now)}
    </time>
  );
}

/** `12 minutes ago`; a date once it is more than a day. */
export function Ago({ at, now }: { at: Date; now: Date }) {
  return (
    <time datetime={at.toISOString()} title={utc(at)} data-form="ago">
      {formatAgo(at, now)}
    </time>
  );
}

/** Time spent, `00:47`. Without an end it is running, and the page's script lets it tick. */
export function Duration({ from, to, now }: { from: Date; to: Date | null; now: Date }) {
  const seconds = ((to ?? now).getTime() - from.getTime()) / 1000;
  if (to) return <span class="duration">{formatDuration(seconds)}</span>;
  return (
    <span class="duration" data-since={from.toISOString()}>
      {formatDuration(seconds)}
    </span>
  );
}

/** As in `Feb 19th, 4:15:38 PM`; with the year when it is not this one. */
export function formatTimestamp(at: Date, now: Date): string {
  const hours = at.getUTCHours();
  const clock = [hours % 12 || 12, pad(at.getUTCMinutes()), pad(at.getUTCSeconds())].join(':');
  const day = at.getUTCDate();
  const year = at.getUTCFullYear() === now.getUTCFullYear() ? '' : ` ${at.getUTCFullYear()}`;
  return `${months[at.getUTCMonth()]} ${day}${ordinal(day)}${year}, ${clock} ${hours < 12 ? 'AM' : 'PM'}`;
}

/** `00:47`, `11:12`, `1:02:33`; whole seconds, never negative. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const rest = `${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** `just now`, `12 minutes ago`, `3 hours ago`, then the date. */
export function formatAgo(at: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - at.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return minutes === 1 ? '1 minute ago' : `${minutes} minutes ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return hours === 1 ? '1 hour ago' : `${hours} hours ago`;
  return formatTimestamp(at, now).replace(/:\d\d (?=[AP]M)/, ' ');
}

function ordinal(day: number): string {
  if (day >= 11 && day <= 13) return 'th';
  return ['th', 'st', 'nd', 'rd'][day % 10] ?? 'th';
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

function utc(at: Date): string {
  return `${at.toISOString().replace('T', ' ').slice(0, 19)} UTC`;
}
