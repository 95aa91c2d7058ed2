import { type Frame, Layout } from './layout.tsx';
import { Icon, type IconName } from './parts/icons.tsx';
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
      <p class="mute">
        {troubles === 0 ? 'Everything is well.' : 'Something needs a look.'} Asked just now of GitHub, the database and
        the workers.
      </p>
      <div class="card list">
        <table class="runs doctor">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">How it stands</th>
            </tr>
          </thead>
          <tbody>
            {props.findings.map((finding) => (
              <FindingRow finding={finding} />
            ))}
          </tbody>
        </table>
      </div>
      <Holds holds={props.holds} now={frame.now} />
      <Workers workers={props.workers} now={frame.now} />
      <Deliveries deliveries={props.deliveries} now={frame.now} />
    </Layout>
  );
}

function FindingRow({ finding }: { finding: DoctorProps['findings'][number] }) {
  const { icon, tone, word } = icons[finding.verdict];
  return (
    <tr>
      <td data-label="What">
        <span class={`status ${tone}`}>
          <Icon name={icon} />
          {finding.what}
          <span class="sr">, {word}</span>
        </span>
      </td>
      <td data-label="How it stands">
        <span>
          <Shown text={finding.says} /> {finding.todo !== null && <b>{finding.todo}</b>}
        </span>
      </td>
    </tr>
  );
}

function Holds({ holds, now }: { holds: DoctorProps['holds']; now: Date }) {
  if (holds.length === 0) return null;
  return (
    <section>
      <h2>Held stacks</h2>
      <div class="card list">
        <table class="runs">
          <thead>
            <tr>
              <th scope="col">Stack</th>
              <th scope="col">Why</th>
              <th scope="col">Run</th>
              <th scope="col">Since</th>
            </tr>
          </thead>
          <tbody>
            {holds.map((hold) => (
              <tr>
                <td data-label="Stack">
                  <a href={`/stacks/${hold.stack.id}`}>
                    <Shown text={hold.stack.name} />
                  </a>{' '}
                  <span class="mute">
                    <Shown text={hold.repository} />
                  </span>
                </td>
                <td data-label="Why">
                  <Shown text={hold.note} />
                </td>
                <td data-label="Run">{hold.run ? <a href={`/runs/${hold.run.id}`}>#{hold.run.number}</a> : '–'}</td>
                <td data-label="Since">
                  <Ago at={hold.since} now={now} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Workers({ workers, now }: { workers: DoctorProps['workers']; now: Date }) {
  return (
    <section>
      <h2>Processes</h2>
      <div class="card list">
        <table class="runs">
          <thead>
            <tr>
              <th scope="col">Host</th>
              <th scope="col">Slots</th>
              <th scope="col">Engines</th>
              <th scope="col">Last seen</th>
            </tr>
          </thead>
          <tbody>
            {workers.map((worker) => (
              <tr>
                <td data-label="Host">
                  <Shown text={worker.host} /> <span class="mute">process {worker.pid}</span>
                </td>
                <td data-label="Slots">{worker.slots === 0 ? 'serves only' : worker.slots}</td>
                <td data-label="Engines">{worker.engines.join(', ') || '–'}</td>
                <td data-label="Last seen">{worker.live ? 'now' : <Ago at={worker.seenAt} now={now} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Deliveries({ deliveries, now }: { deliveries: DoctorProps['deliveries']; now: Date }) {
  if (deliveries.length === 0) return null;
  return (
    <section>
      <h2>Last webhooks, as GitHub saw them</h2>
      <div class="card list">
        <table class="runs">
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">Answer</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {deliveries.map((delivery) => (
              <tr>
                <td data-label="Event">
                  <code>{delivery.event}</code>
                </td>
                <td data-label="Answer">
                  <span class={`status ${delivery.good ? 'ok' : 'bad'}`}>
                    <Icon name={delivery.good ? 'check' : 'cross'} />
                    {delivery.answer}
                  </span>
                </td>
                <td data-label="When">
                  <Ago at={delivery.at} now={now} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
