import { Shown } from './text.tsx';
import { Ago } from './time.tsx';

export interface VersionRow {
  id: string;
  serial: string;
  createdAt: Date;
  createdBy: string;
  size: number;
  run: { id: string; number: number } | null;
  origin: 'run' | 'import' | 'roll_back';
  /** Of a roll-back: the serial it went back to. */
  copiedSerial: string | null;
  current: boolean;
}

/** A stack's state versions; on a phone each becomes a card. */
export function VersionsTable(props: {
  stackId: string;
  versions: VersionRow[];
  /** Whether the reader may have a state in clear, and whether they may roll back. */
  mayDownload: boolean;
  mayRollBack: boolean;
  now: Date;
}) {
  return (
    <table class="runs">
      <thead>
        <tr>
          <th scope="col">Serial</th>
          <th scope="col">Saved</th>
          <th scope="col">By</th>
          <th scope="col" class="r">
            Size
          </th>
          <th scope="col" class="r">
            Actions
          </th>
        </tr>
      </thead>
      <tbody>
        {props.versions.map((version) => (
          <tr id={`serial-${version.serial}`}>
            <td data-label="Serial">
              <b>{version.serial}</b> {version.current && <span class="tag ok">current</span>}
            </td>
            <td data-label="Saved">
              <Ago at={version.createdAt} now={props.now} />
            </td>
            <td data-label="By" class="by">
              <By version={version} />
            </td>
            <td data-label="Size" class="r">
              {formatSize(version.size)}
            </td>
            <td data-label="Actions" class="r links">
              <Links {...props} version={version} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** `Run #12 · kim`, `Rolled back to serial 3 · kim`, `Imported · kim`. */
export function By({ version }: { version: VersionRow }) {
  return (
    <>
      {version.run ? (
        <a href={`/runs/${version.run.id}`}>Run #{version.run.number}</a>
      ) : version.origin === 'roll_back' ? (
        `Rolled back to serial ${version.copiedSerial ?? '?'}`
      ) : (
        version.origin === 'import' && 'Imported'
      )}{' '}
      <span class="mute">
        · <Shown text={version.createdBy} />
      </span>
    </>
  );
}

function Links(props: { stackId: string; version: VersionRow; mayDownload: boolean; mayRollBack: boolean }) {
  const { stackId, version } = props;
  const of = <span class="sr"> serial {version.serial}</span>;
  return (
    <>
      <a href={`/stacks/${stackId}/state/diff?to=${version.serial}`}>Compare{of}</a>
      {props.mayDownload && <a href={`/stacks/${stackId}/state/${version.serial}.tfstate`}>Download{of}</a>}
      {props.mayRollBack && !version.current && (
        <a href={`/stacks/${stackId}/state/diff?from=current&to=${version.serial}`}>Roll back…{of}</a>
      )}
    </>
  );
}

/** `812 B`, `1.4 kB`, `26 MB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1_000_000 ? [bytes / 1000, 'kB'] : [bytes / 1_000_000, 'MB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
