import { posix } from 'node:path';
import type { Diagnostic } from '../run/failure.ts';
import { type Console, plainText } from './console-text.ts';

const countLimit = 50;
const summaryLimit = 500;
const detailLimit = 10_000;

/**
 * Reads the framed messages of an engine's console:
 *
 *     Error: Unsupported argument
 *
 *       on main.tf line 12, in resource "terraform_data" "a":
 *       12:   colour = "red"
 *
 *     An argument named "colour" is not expected here.
 *
 * `hide` takes secrets out of their texts.
 */
export function readConsoleDiagnostics(console: Console, rootModule: string, hide: Hide = asItIs): Diagnostic[] {
  const found = readBoxes(console, rootModule, hide);
  const telling = found.filter((each) => !introduction.test(each.summary));
  return bound(telling.length > 0 ? telling : found);
}

/**
 * Whether a provider left a change without an answer, mostly by a crash, or gave an error of the protocol instead of one
 * that says what there is now: the engine goes on and ends by itself, but what became of the change it cannot say. The
 * words are the engines' own (`grpcErr` beside their gRPC client).
 */
export function hasLostChange(console: Console): boolean {
  return readBoxes(console, '.').some(
    ({ summary, detail }) => unanswered.has(summary) && /\.ApplyResourceChange\b/.test(detail),
  );
}

const unanswered: ReadonlySet<string> = new Set(['Plugin did not respond', 'Plugin error', 'Request cancelled']);

/** What went wrong with which resource: of all messages, where the list for people is cut. */
export function readConsoleErrors(console: Console, hide: Hide = asItIs): { address: string; summary: string }[] {
  return readBoxes(console, '.', hide).flatMap(({ severity, address, summary }) =>
    severity === 'error' && address !== undefined ? [{ address, summary: summary.slice(0, summaryLimit) }] : [],
  );
}

type Hide = (text: string) => string;

const asItIs: Hide = (text) => text;

function readBoxes({ boxes }: Console, rootModule: string, hide = asItIs): Diagnostic[] {
  const found = boxes.map((box) => readBox(box, rootModule)).filter((each) => each !== null);
  return found.map((each) => ({ ...each, summary: hide(each.summary), detail: hide(each.detail) }));
}

/** Init puts a message before the errors that says no more than that there are some. */
const introduction = /^\w+ encountered problems during initiali[sz]ation, including problems with the configuration/;

function readBox(box: readonly string[], rootModule: string): Diagnostic | null {
  // A long summary is wrapped; a blank line ends it.
  const blank = box.findIndex((line) => line.trim() === '');
  const title = box.slice(0, blank === -1 ? 1 : blank).join(' ');
  const [, severity, summary] = /^(Error|Warning): (.*)$/.exec(title) ?? [];
  if (severity === undefined || summary === undefined) return null;
  const place = box.map((line) => /^ {2}on (.+) line (\d+)(?:, in .*)?:?$/.exec(line)).find((match) => match !== null);
  const address = readAddress(box);
  return {
    severity: severity === 'Error' ? 'error' : 'warning',
    summary: summary.trim(),
    ...placed(readDetail(box.slice(Math.max(1, blank))), rootModule, { file: place?.[1], line: Number(place?.[2]) }),
    ...(address === undefined ? {} : { address }),
  };
}

/** Where no instance is named, the block of a root module's file names its resource as well. */
function readAddress(box: readonly string[]): string | undefined {
  for (const line of box) {
    const [, subject] = /^ {2}with (.+),$/.exec(line) ?? [];
    if (subject !== undefined) return subject;
    const [, kind, type, name] = /^ {2}on [^/]+ line \d+, in (resource|data) "([^"]+)" "([^"]+)":$/.exec(line) ?? [];
    if (kind !== undefined) return `${kind === 'data' ? 'data.' : ''}${type}.${name}`;
  }
  return undefined;
}

/** The prose below the excerpt of the configuration; excerpt lines are indented by two. */
function readDetail(lines: readonly string[]): string {
  const start = lines.findLastIndex((line) => /^ {2}(on .+ line \d+|with .+,$|\s*\d+:|\s+[├│])/.test(line)) + 1;
  return lines.slice(start).join('\n').trim();
}

/** Reads `validate -json`. Undefined when the text is something else, or finds the configuration valid. */
export function readValidateDiagnostics(text: string, rootModule: string): Diagnostic[] | undefined {
  const report = parseReport(text);
  if (report === undefined || report.valid !== false || !Array.isArray(report.diagnostics)) return undefined;
  return bound(report.diagnostics.map((each: RawDiagnostic) => readRaw(each, rootModule)));
}

/** As documented for `terraform validate -json`, format 1.0. */
interface RawDiagnostic {
  severity?: string;
  summary?: string;
  detail?: string;
  address?: string;
  range?: { filename?: string; start?: { line?: number }; end?: { line?: number } };
}

function parseReport(text: string): { valid?: boolean; diagnostics?: unknown } | undefined {
  try {
    const report: unknown = JSON.parse(text);
    return typeof report === 'object' && report !== null ? report : undefined;
  } catch {
    return undefined;
  }
}

function readRaw({ severity, summary, detail, address, range }: RawDiagnostic, rootModule: string): Diagnostic {
  const line = range?.start?.line;
  const endLine = range?.end?.line;
  return {
    severity: severity === 'warning' ? 'warning' : 'error',
    summary: plainText(summary ?? ''),
    ...placed((detail ?? '').split('\n').map(plainText).join('\n'), rootModule, {
      file: range?.filename,
      ...(line === undefined ? {} : { line }),
      ...(endLine === undefined ? {} : { endLine }),
    }),
    ...(address === undefined ? {} : { address }),
  };
}

/**
 * The engine names files relative to the root module, and gives a name to what is none (`<value for var.a>`); what it has
 * fetched lies in `.terraform`. Neither is in the repository, to be marked or linked to there: then the text says it.
 */
function placed(
  detail: string,
  rootModule: string,
  { file, ...lines }: { file: string | undefined; line?: number; endLine?: number },
): Pick<Diagnostic, 'detail' | 'file' | 'line' | 'endLine'> {
  if (file === undefined) return { detail };
  if (!/^<.*>$|(?:^|\/)\.terraform\//.test(file)) return { detail, file: posix.join(rootModule, file), ...lines };
  return { detail: `On ${file}${lines.line === undefined ? '' : ` line ${lines.line}`}:\n\n${detail}` };
}

/** Errors first, since the list is cut. */
/** One that is said twice, such as `execution halted` of an apply that was interrupted, says nothing more. */
function bound(found: Diagnostic[]): Diagnostic[] {
  const different = new Map(found.map((each) => [JSON.stringify(each), each]));
  const ordered = [...different.values()].sort(
    (a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'),
  );
  let left = detailLimit;
  return ordered.slice(0, countLimit).map((each) => {
    const detail = each.detail.slice(0, left);
    left -= detail.length;
    return { ...each, summary: each.summary.slice(0, summaryLimit), detail };
  });
}
