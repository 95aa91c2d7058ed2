import { Hono } from 'hono';
import { type SettingRow, SettingsPage, type SourceView } from '../../views/settings.tsx';
import { getStackSettings, type StackSettings } from '../db/page-settings.ts';
import { countVersions, findNewestVersion } from '../db/page-state.ts';
import { durationText, planExpiresAfterMs } from '../run/limits.ts';
import { policyOf } from '../run/policy.ts';
import { engineLabels } from '../run/status.ts';
import type { SettingSource, StackDefinition, StackSources } from '../stack/definition.ts';
import { answerFor } from './answers.ts';
import type { PagesDeps } from './deps.ts';
import type { PageEnv } from './env.ts';
import { type GitHubLinks, githubLinks } from './github-links.ts';
import { otherSettingRows } from './other-settings.ts';
import { frameFor, sendNotFound } from './respond.ts';
import { seeStack } from './see.ts';
import { loadStackBundles } from './stack-bundles.ts';
import { loadStackView } from './stack-view.ts';

const configFile = 'zenfra.yml';
const countLimit = 1_000;

/** `GET /stacks/:id/settings`: what a stack is set to, and where each value comes from. */
export function settingsRoutes(deps: PagesDeps): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/stacks/:id/settings', async (c) => {
    const stackId = c.req.param('id');
    const seen = await seeStack(c, deps, stackId);
    if (!seen) return sendNotFound(c, deps);
    const [stack, settings, newest, versions, bundles] = await Promise.all([
      loadStackView(deps, seen),
      getStackSettings(deps.db, stackId),
      findNewestVersion(deps.db, stackId),
      countVersions(deps.db, stackId, countLimit + 1),
      loadStackBundles(deps.db, stackId),
    ]);
    const policy = policyOf(settings.definition);
    const links = githubLinks(deps.githubServerUrl, seen.stack);
    return c.html(
      SettingsPage({
        ...{ frame: frameFor(c, deps), answer: answerFor(c.req.query('done')), stack, may: seen.may },
        settings: settingsOf(settings, links),
        file: {
          name: configFile,
          url: settings.sources ? links.file(settings.sources.sha, configFile, undefined) : null,
        },
        broken: settings.config_error !== null,
        state: seen.stack.external
          ? null
          : {
              serial: newest?.serial ?? null,
              versions: versions > countLimit ? `${countLimit.toLocaleString('en-US')}+` : String(versions),
            },
        policy,
        bundles: { ...bundles, mayOpen: seen.may === 'admin' },
        planExpires: durationText(planExpiresAfterMs({ type: 'tracked', adopted_plan_id: stackId }, policy)),
      }),
    );
  });
}

/** One for each setting of zenfra.yml. A definition that was stored by an older version lacks what came later. */
function settingsOf(settings: StackSettings, links: GitHubLinks): SettingRow[] {
  const stack = settings.definition as Partial<StackDefinition>;
  const from = (name: Exclude<keyof StackSources, 'pushPaths' | 'others'>) => [
    toSource(settings, settings.sources?.[name], links),
  ];
  const globs = (stack.pushPaths ?? []).map((glob, index) => ({
    value: glob,
    source: toSource(settings, settings.sources?.pushPaths?.[index], links),
  }));
  const detail = settings.comment_detail ?? (settings.private ? 'diff' : 'resources');
  const varFiles = stack.varFiles ?? [];
  return [
    { label: 'Path', key: 'path', values: [stack.path ?? '.'], sources: from('path') },
    { label: 'Branch', key: 'branch', values: [stack.branch ?? settings.default_branch], sources: from('branch') },
    { label: 'Variable files', key: 'var_files', values: varFiles, sources: from('varFiles') },
    {
      label: 'Watched paths',
      key: 'triggers.on_push.paths',
      values: globs.map(({ value }) => value),
      sources: globs.map(({ source }) => source),
    },
    {
      label: 'Engine',
      key: 'iac.engine',
      values: stack.engine ? [engineLabels[stack.engine]] : [],
      none: 'what the worker has, Terraform first',
      sources: from('engine'),
    },
    {
      label: 'Version',
      key: 'iac.version',
      values: stack.version ? [stack.version] : [],
      none: 'any the worker has',
      sources: from('version'),
    },
    ...(stack.renamedFrom
      ? [{ label: 'Former name', key: 'renamed_from', values: [stack.renamedFrom], sources: from('renamedFrom') }]
      : []),
    ...otherSettingRows(stack, (setting) => toSource(settings, settings.sources?.others?.[setting], links)),
    { label: 'Comments show', key: 'comments.detail', values: [detail], sources: from('commentDetail') },
  ];
}

/** `zenfra.yml line 12`, `defaults, line 4`, `built in`; a stack that only a pull request has is not in the file yet. */
function toSource(settings: StackSettings, source: SettingSource | undefined, links: GitHubLinks): SourceView {
  const { sources, pull_request_number: pull } = settings;
  if (pull !== null) return { text: `zenfra.yml of #${pull}`, url: links.pullRequest(pull) };
  if (!sources || !source) return { text: configFile, url: null };
  if (source.by === 'built_in') return { text: 'built in', url: null };
  const text = source.by === 'defaults' ? `defaults, line ${source.line}` : `${configFile} line ${source.line}`;
  return { text, url: links.file(sources.sha, configFile, source.line) };
}
