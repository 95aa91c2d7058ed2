import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { marked } from 'marked';
import { createComment } from '../../src/github/comments.ts';
import type { SandboxRepository } from '../../src/sandbox/github.ts';
import { botComments, seeReactions, seeReply } from '../../src/sandbox/story/see.ts';
import type { StoryStage } from '../../src/sandbox/story/story-stage.ts';
import { openScene, settle } from '../support/scene.ts';
import { seeWaitingForStack } from '../support/see-waiting.ts';
import { makeRepository, openPull, push, runsOf, settledRuns } from '../support/small-repository.ts';
import { handIn, sentFor } from '../webhooks/hand-in.ts';

const scene = await openScene({ after });
const { sandbox, db } = scene;
sandbox.createUser('ada');

interface Pull extends StoryStage {
  number: number;
  branch: string;
}

/** A pull request whose plan is there to be approved. */
async function readyPull(name: string): Promise<Pull> {
  const repository = await makeRepository(scene, name);
  sandbox.setPermission(repository, 'ada', 'write');
  const { number, branch } = await openPull(scene, repository);
  await settledRuns(scene, repository, 1);
  await settle(scene);
  return { ...scene, repository, number, branch };
}

function say(pull: Pull, body: string, login = 'kim'): number {
  return sandbox.comment(pull.repository, pull.number, { login, body });
}

async function nothingApplied(repository: SandboxRepository): Promise<void> {
  const runs = await runsOf(scene, repository);
  assert.deepEqual(
    runs.filter((run) => run.type !== 'plan_only').map((run) => `#${run.number} ${run.status}`),
    [],
  );
}

/** What the bot has answered, without the comment that shows the plan. */
function replies(pull: Pull): string[] {
  return botComments(pull, pull.number)
    .map(({ body }) => body)
    .filter((body) => body.includes('reply='));
}

const pull = await readyPull('commented');

test('somebody who may only read is told what is missing, and nothing is applied', async () => {
  const comment = say(pull, '/approve', 'lee');
  const says = ['needs the `write` permission on this repository, and @lee has `read`'];
  await seeReply(pull, pull.number, { to: comment, says });
  await seeReactions(pull, pull.number, { on: comment, are: 'eyes confused' });
  await nothingApplied(pull.repository);
});

for (const association of ['MEMBER', 'OWNER', 'COLLABORATOR']) {
  test(`that GitHub calls somebody ${association} does not let them approve`, async () => {
    const comment = { id: 900_000 + association.length, author_association: association };
    await handInComment({ login: 'lee', body: '/approve', ...comment });
    assert.match(replies(pull).at(-1) ?? '', /needs the `write` permission/);
    await nothingApplied(pull.repository);
  });
}

/** A signed webhook of a comment, like the last one but for what is given. */
async function handInComment(
  said: { id: number; login: string; body: string; type?: string; [field: string]: unknown },
  more: object = {},
): Promise<string> {
  const { id, login, body, type = 'User', ...others } = said;
  const payload = sentFor(scene, pull.repository, 'issue_comment').at(-1) ?? {};
  const user = { login, type };
  const comment = { ...(payload.comment as object), id, body, user, ...others };
  const outcome = await handIn(scene, 'issue_comment', {
    ...payload,
    ...{ action: 'created', comment, sender: user },
    ...more,
  });
  // What is answered is told after the webhook is handled.
  await settle(scene);
  return outcome;
}

test('bots obey nobody and are not obeyed', async () => {
  const before = replies(pull).length;
  for (const login of ['dependabot[bot]', 'kim']) {
    const outcome = await handInComment({ id: 910_000 + login.length, login, body: '/approve', type: 'Bot' });
    assert.equal(outcome, 'not a person: nothing to do');
  }
  assert.equal(replies(pull).length, before);
  await nothingApplied(pull.repository);
});

test('a comment that one has written and another has sent is nobody’s', async () => {
  const outcome = await handInComment(
    { id: 920_000, login: 'kim', body: '/approve' },
    { sender: { login: 'lee', type: 'User' } },
  );
  assert.equal(outcome, 'not a person: nothing to do');
});

test('what Zenfra itself writes is no command', async () => {
  const { owner, name, installationId } = pull.repository;
  const ref = { owner, name, installationId: installationId ?? 0 };
  await createComment(scene.stage.app.github, ref, { number: pull.number, body: '/approve' });
  await settle(scene);
  await nothingApplied(pull.repository);
});

test('a command that is edited into a comment is none', async () => {
  const comment = say(pull, 'Looks good');
  await sandbox.idle();
  sandbox.editComment(pull.repository, comment, { login: 'kim', body: '/approve' });
  await settle(scene);
  await seeReactions(pull, pull.number, { on: comment, are: '' });
  await nothingApplied(pull.repository);
});

test('a command that is quoted, in code, hidden, in mid-line or written with look-alikes is none, and nobody answers', async () => {
  const before = replies(pull).length;
  const comments = [
    '> /approve',
    '```\n/approve\n```',
    '~~~\n/approve\n~~~',
    '    /approve',
    '\t/approve',
    '`/approve`',
    '<!-- /approve -->',
    '<!--\n/approve\n-->',
    'please /approve',
    'Fine.\n/approve',
    '／approve',
    '/app\u200brove',
    '\u200b/approve',
    '\u202e/approve',
    '/аpprove',
    '- /approve',
    '**/approve**',
    '[/approve](https://example.com)',
  ].map((body) => say(pull, body));
  await settle(scene);
  for (const on of comments) await seeReactions(pull, pull.number, { on, are: '' });
  assert.equal(replies(pull).length, before);
  await nothingApplied(pull.repository);
});

for (const body of [
  '/approve prod;id',
  '/approve $(id)',
  '/approve `id`',
  '/approve -var x=y',
  '/approve --auto-approve',
  '/approve ../../etc',
  '/approve network && id',
  '/approve network\u0000',
  '/approve "><img src=x onerror=alert(1)>',
  '/plan -destroy',
  '/unlock @acme/everyone #1',
]) {
  test(`${JSON.stringify(body)} is answered with what could be written, and nothing is passed on`, async () => {
    const comment = say(pull, body);
    const reply = await seeReply(pull, pull.number, { to: comment, says: ['Write it as `/'] });
    await seeReactions(pull, pull.number, { on: comment, are: 'eyes confused' });
    const outsideCode = (await marked.parse(reply.body)).replace(/<code>.*?<\/code>/gs, '');
    assert.ok(!/<img|@acme|#1/.test(outsideCode), outsideCode);
    await nothingApplied(pull.repository);
  });
}

for (const body of ['/APPROVE!', '/approve;id', '/aprove', '/zenfra destroy']) {
  test(`${JSON.stringify(body)} is answered with help`, async () => {
    const comment = say(pull, body);
    await seeReply(pull, pull.number, { to: comment, says: ['I do not know `', '`/approve [stack…] [commit]`'] });
    await nothingApplied(pull.repository);
  });
}

test('a stack that is not there is an error and never another stack', async () => {
  for (const [body, says] of [
    ['/approve networks', 'There is no stack `networks` here. Did you mean `network`?'],
    ['/approve dns', 'There is no stack `dns` here.'],
    ['/approve deadbee', 'Not applied: you asked for `deadbee`, but the head of this pull request is'],
    ['/plan deadbee', 'Not planned: you asked for `deadbee`, but the head of this pull request is'],
    ['/discard deadbee', 'There is no stack `deadbee` here.'],
    ['/cancel deadbee', 'There is no stack `deadbee` here.'],
    ['/unlock deadbee', 'There is no stack `deadbee` here.'],
  ] as const) {
    const comment = say(pull, body);
    await seeReply(pull, pull.number, { to: comment, says: [says] });
  }
  await nothingApplied(pull.repository);
  assert.equal((await runsOf(scene, pull.repository)).length, 1);
});

test('of a pull request from before our time nobody is told that it touches no stack', async () => {
  const repository = await makeRepository(scene, 'before-our-time');
  sandbox.faults.onDelivery({ when: ({ event }) => event === 'pull_request', does: 'drop' });
  const { number } = await openPull(scene, repository);
  const here = { ...scene, repository };
  const early = sandbox.comment(repository, number, { login: 'kim', body: '/plan network' });
  await seeReply(here, number, { to: early, says: ['`network` is a stack of this pull request is not known yet'] });
  const on = sandbox.comment(repository, number, { login: 'kim', body: '/plan' });
  await seeReactions(here, number, { on, are: 'eyes rocket +1' });
});

test('of a comment of 65,536 characters the first line is read', async () => {
  const long = say(pull, `/help\n${'/approve\n'.repeat(8_000)}`.slice(0, 65_536));
  await seeReply(pull, pull.number, { to: long, says: ['| Command'] });
  const oneLine = say(pull, `/approve ${'a'.repeat(65_527)}`);
  const reply = await seeReply(pull, pull.number, { to: oneLine, says: ['is not something I can use here'] });
  assert.ok(reply.body.length < 500, `${reply.body.length} characters`);
  const words = say(pull, `/approve ${'network '.repeat(8_000)}`.slice(0, 65_536));
  await seeReply(pull, pull.number, { to: words, says: ['is not something I can use here'] });
  await nothingApplied(pull.repository);
});

test('on an issue there is nothing to approve', async () => {
  const issue = sentFor(scene, pull.repository, 'issue_comment').at(-1)?.issue as Record<string, unknown>;
  const { pull_request: _, ...plain } = issue;
  const said = { id: 930_000, login: 'kim', body: '/approve' };
  assert.equal(await handInComment(said, { issue: plain }), 'approve: refused');
  assert.match(replies(pull).at(-1) ?? '', /This is an issue and not a pull request/);
  await nothingApplied(pull.repository);
});

test('a hundred /plan in a row are few runs, one comment and no answers', async () => {
  const busy = await readyPull('busy');
  const planned = (await runsOf(scene, busy.repository)).length;
  for (let written = 0; written < 100; written += 1) say(busy, '/plan');
  await settle(scene);
  const runs = (await runsOf(scene, busy.repository)).length - planned;
  assert.ok(runs >= 1 && runs <= 10, `${runs} runs`);
  assert.equal(botComments(busy, busy.number).length, 1);
});

test('on a closed, a draft or a locked pull request nothing is approved', async () => {
  const shut = await readyPull('shut');
  await sandbox.lockPullRequest(shut.repository, shut.number, 'kim');
  const refused = say(shut, '/approve');
  // GitHub takes no reply there.
  await seeReactions(shut, shut.number, { on: refused, are: 'eyes confused' });
  await push(scene, shut.repository, shut.branch);
  await settle(scene);
  assert.deepEqual(replies(shut), []);
  const [shown] = botComments(shut, shut.number);
  await sandbox.unlockPullRequest(shut.repository, shut.number, 'kim');
  await settle(scene);
  assert.notEqual(botComments(shut, shut.number)[0]?.body, shown?.body, 'what was planned meanwhile is shown');
  const draft = await readyPull('draft');
  await sandbox.convertToDraft(draft.repository, draft.number, 'kim');
  await seeReply(draft, draft.number, {
    to: say(draft, '/approve'),
    says: ['Not applied: this pull request is a draft'],
  });
  await sandbox.closePullRequest(draft.repository, draft.number, 'kim');
  await seeReply(draft, draft.number, { to: say(draft, '/approve'), says: ['This pull request is closed. Reopen it'] });
  for (const { repository } of [shut, draft]) await nothingApplied(repository);
});

test('of two approvals in the same second one counts, and the other is told by whom', async () => {
  const wanted = await readyPull('twice');
  // Both have judged the plan as ready before either has the stack.
  const comments = await db.transaction().execute(async (trx) => {
    await sql`select 1 from stacks where repository_id = ${wanted.repository.id} for update`.execute(trx);
    const said = [say(wanted, '/approve', 'kim'), say(wanted, '/approve', 'ada')];
    await seeWaitingForStack(db, 2);
    return said;
  });
  await settle(scene);
  const [planRun, applied, ...more] = await runsOf(scene, wanted.repository);
  assert.deepEqual([planRun?.type, applied?.type, applied?.status, more], ['plan_only', 'tracked', 'finished', []]);
  const winner = applied?.approved_by === 'kim' ? 0 : 1;
  const says = [`Already approved by @${applied?.approved_by}: [run #${applied?.number}](`];
  await seeReactions(wanted, wanted.number, { on: comments[winner] ?? 0, are: 'eyes rocket +1' });
  await seeReactions(wanted, wanted.number, { on: comments[1 - winner] ?? 0, are: 'eyes confused' });
  await seeReply(wanted, wanted.number, { to: comments[1 - winner] ?? 0, says });
});

test('a permission that is taken away between the comment and the start is missed at the start', async () => {
  const wanted = await readyPull('taken-away');
  let asked = 0;
  sandbox.faults.onCall({
    when: ({ path }) => {
      if (!path.endsWith('/taken-away/collaborators/ada/permission')) return false;
      asked += 1;
      if (asked === 2) sandbox.setPermission(wanted.repository, 'ada', 'read');
      return false;
    },
  });
  const comment = say(wanted, '/approve', 'ada');
  await seeReactions(wanted, wanted.number, { on: comment, are: 'eyes rocket -1' });
  sandbox.faults.clear();
  const run = (await runsOf(scene, wanted.repository)).at(-1);
  assert.equal(run?.status, 'failed');
  assert.match(run?.failure?.headline ?? '', /needs the `write` permission on this repository, and @ada has `read`/);
  assert.deepEqual(
    await db
      .selectFrom('applies')
      .selectAll()
      .where('run_id', '=', run?.id ?? '')
      .execute(),
    [],
  );
});
