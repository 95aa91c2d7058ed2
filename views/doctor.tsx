import { type Frame, Layout } from './layout.tsx';
import { Icon, type IconName } from './parts/icons.tsx';
import { PlainTable } from './parts/plain-table.tsx';
import { Shown } from './parts/text.tsx';
import { Ago } from './parts/time.tsx';

export interface DoctorProps {
  frame: Frame;
  findings: { what: string; verdict: 'good' | 'warning' | 'bad'; says: string; todo: string | null }[];
  holds: {
    stack: { id: string; name: string };
    repository: string;
    note: string;
    since: Date;
    run: { id: string; number: number } | null;
  }[];
  workers: { host: string; pid: number; slots: number; engines: string[]; seenAt: Date; live: boolean }[];
  deliveries: { id: number; event: string; at: Date; answer: string; good: boolean }[];
}

const icons: Record<DoctorProps['findings'][number]['verdict'], { icon: IconName; tone: string; word: string }> = {
  good: { icon: 'check', tone: 'ok', word: 'good' },
  warning: { icon: 'warning', tone: 'wait', word: 'warning' },
  bad: { icon: 'cross', tone: 'bad', word: 'to be mended' },
};

/** Is everything well: what was looked at, how it stands, and what to do about it. */
export function DoctorPage(props: DoctorProps) {
  const { frame } = props;
  const troubles = props.findings.filter((finding) => finding.verdict !== 'good').length;
  return (
    <Layout frame={frame} title="Doctor" tone={troubles > 0 ? 'wait' : 'ok'}>
      <h1>Doctor</h1>
      <p class="mute before-card">
        {troubles === 0 ? 'Everything is well.' : 'Something needs a look.'} Asked just now of GitHub, the database and
        the workers.
      </p>
      <PlainTable columns={['What', 'How it stands']} rows={props.findings.map(findingCells)} />
      <Holds holds={props.holds} now={frame.now} />
      <Workers workers={props.workers} now={frame.now} />
      <Deliveries deliveries={props.deliveries} now={frame.now} />
    </Layout>
  );
}

function findingCells({ what, verdict, says, todo }: DoctorProps['findings'][number]) {
  const { icon, tone, word } = icons[verdict];
  return [
    <span class={`status ${tone}`}>
      <Icon name={icon} />
      {what}
      <span class="sr">, {word}</span>
    </span>,
    <span>
      <Shown text={says} /> {todo !== null && <b>{todo}</b>}
    </span>,
  ];
}

function Holds({ holds, now }: { holds: DoctorProps['holds']; now: Date }) {
  const rows = holds.map(({ stack, repository, note, run, since }) => [
    <span>
      <a href={`/stacks/${stack.id}`}>
        <Shown text={stack.name} />
      </a>{' '}
      <span class="mute">
        <Shown text={repository} />
      </span>
    </span>,
    <Shown text={note} />,
    run ? <a href={`/runs/${run.id}`}>#{run.number}</a> : '–',
    <Ago at={since} now={now} />,
  ]);
  return <PlainTable title="Held stacks" columns={['Stack', 'Why', 'Run', 'Since']} rows={rows} />;
}

function Workers({ workers, now }: { workers: DoctorProps['workers']; now: Date }) {
  const rows = workers.map(({ host, pid, slots, engines, live, seenAt }) => [
    <span>
      <Shown text={host} /> <span class="mute">process {pid}</span>
    </span>,
    slots === 0 ? 'serves only' : slots,
    engines.join(', ') || '–',
    live ? 'now' : <Ago at={seenAt} now={now} />,
  ]);
  return <PlainTable title="Processes" columns={['Host', 'Slots', 'Engines', 'Last seen']} rows={rows} />;
}

function Deliveries({ deliveries, now }: { deliveries: DoctorProps['deliveries']; now: Date }) {
  const rows = deliveries.map(({ event, answer, good, at }) => [
    <code>{event}</code>,
    <span class={`status ${good ? 'ok' : 'bad'}`}>
      <Icon name={good ? 'check' : 'cross'} />
      {answer}
    </span>,
    <Ago at={at} now={now} />,
  ]);
  return <PlainTable title="Last webhooks, as GitHub saw them" columns={['Event', 'Answer', 'When']} rows={rows} />;
}
