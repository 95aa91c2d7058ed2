import { shortSha } from '../run/short-sha.ts';
import { code, href, html, prose } from './escape.ts';
import type { RepositoryFacts, RunFacts } from './facts.ts';

/** A commit's short name, linked to its page. */
export function commitLink(repository: RepositoryFacts, sha: string): string {
  return `[${code(shortSha(sha))}](${href(`${repository.url}/commit/${encodeURIComponent(sha)}`)})`;
}

/** `[#128](…)`: in a link, GitHub does not take the number for an issue's. */
export function runLink(run: RunFacts, text = `#${run.number}`, fragment = ''): string {
  return `[${text}](${href(run.url)}${fragment})`;
}

/** A place in the repository. `line` may be absent: then the file as a whole. */
export interface Place {
  file: string;
  line?: number | undefined;
}

function fileUrl(repository: RepositoryFacts, sha: string, place: Place): string {
  const path = place.file.toWellFormed().split('/').map(encodeURIComponent).join('/');
  const line = place.line === undefined ? '' : `#L${place.line}`;
  return `${href(`${repository.url}/blob/${encodeURIComponent(sha)}/${path}`)}${line}`;
}

export function fileLink(
  repository: RepositoryFacts,
  sha: string,
  { place, shown }: { place: Place; shown: string },
): string {
  return `[${prose(shown)}](${fileUrl(repository, sha, place)})`;
}

export function fileAnchor(repository: RepositoryFacts, sha: string, place: Place): string {
  return `<a href="${fileUrl(repository, sha, place)}">${html(placeText(place))}</a>`;
}

/** `main.tf:12` */
function placeText({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${line}`;
}

/** A place as seen from the stack's own directory, as the engine would name it. */
export function placeInStack(place: Place, stackPath: string): string {
  const prefix = stackPath === '.' ? '' : `${stackPath.replace(/\/$/, '')}/`;
  return placeText({ ...place, file: place.file.startsWith(prefix) ? place.file.slice(prefix.length) : place.file });
}
