import { type Frame, Layout } from './layout.tsx';
import { Notice } from './parts/notice.tsx';

export interface SetUpProps {
  frame: Frame;
  /** What was wrong with what was entered. */
  problem: string | null;
  publicUrl: string;
  name: string;
  organization: string;
  /** Once the fields above were accepted: where GitHub makes Apps, what is sent there, and what is better changed. */
  ready: { action: string; manifest: string; doubt: string | null } | null;
}

/** The first page of a new installation: makes the GitHub App in two presses. */
export function SetUpPage(props: SetUpProps) {
  const { frame, ready } = props;
  return (
    <Layout frame={frame} title="Set up">
      <h1>Connect Zenfra to GitHub</h1>
      <p class="mute">
        Zenfra is a GitHub App of your own. GitHub makes it with the permissions it needs, and hands its keys to this
        server, which keeps them encrypted.
      </p>
      {props.problem !== null && (
        <Notice kind="bad" alert>
          {props.problem}
        </Notice>
      )}
      {ready ? <Confirm {...props} ready={ready} /> : <Fields {...props} />}
    </Layout>
  );
}

function Fields({ publicUrl, name, organization }: SetUpProps) {
  return (
    <form class="card pad set-up" method="get" action="/setup">
      <label>
        <b>Address of this server</b>
        <input type="url" name="public_url" value={publicUrl} required />
        <span class="mute small">GitHub sends webhooks there, so it must reach it.</span>
      </label>
      <label>
        <b>Name of the App</b>
        <input type="text" name="name" value={name} required maxlength={34} />
        <span class="mute small">People see it on comments and checks. No two Apps on GitHub have the same name.</span>
      </label>
      <label>
        <b>Organization</b>
        <input type="text" name="organization" value={organization} maxlength={100} />
        <span class="mute small">Its login, if the App is to belong to one; empty for your own account.</span>
      </label>
      <p>
        <button class="btn go" type="submit" name="next" value="1">
          Continue
        </button>
      </p>
    </form>
  );
}

function Confirm(props: SetUpProps & { ready: NonNullable<SetUpProps['ready']> }) {
  const { ready } = props;
  const back = new URLSearchParams({
    public_url: props.publicUrl,
    name: props.name,
    organization: props.organization,
  });
  return (
    <form class="card pad set-up" method="post" action={ready.action}>
      <input type="hidden" name="manifest" value={ready.manifest} />
      {ready.doubt !== null && <Notice kind="wait">{ready.doubt}</Notice>}
      <p>
        GitHub will show the App <b>{props.name}</b>
        {props.organization !== '' && (
          <>
            {' '}
            of <b>{props.organization}</b>
          </>
        )}{' '}
        and lead you back to <code>{props.publicUrl}</code>.
      </p>
      <p class="row">
        <button class="btn go" type="submit">
          Create the App on GitHub
        </button>
        <a href={`/setup?${back}`}>Change something</a>
      </p>
    </form>
  );
}

/** After GitHub has made the App. */
export function SetUpDonePage({ frame, name, installUrl }: { frame: Frame; name: string; installUrl: string }) {
  return (
    <Layout frame={frame} title="Connected">
      <div class="empty">
        <h1>{name} is connected</h1>
        <p>One step is left: install the App on the repositories that hold your infrastructure.</p>
        <p>
          <a class="btn go" href={installUrl}>
            Install it on GitHub
          </a>
        </p>
      </div>
    </Layout>
  );
}
