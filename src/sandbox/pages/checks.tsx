import type { Annotation, CheckRun } from '../store.ts';
import { Markdown } from './layout.tsx';

interface ChecksProps {
  /** `/owner/name`. */
  base: string;
  /** Where to go back to after a button. */
  back: string;
  checks: CheckRun[];
}

/** The checks of a commit, newest run of each name, with what their App wrote and its buttons. */
export function Checks({ base, back, checks }: ChecksProps) {
  const newest = [...new Map(checks.map((check) => [check.name, check])).values()];
  return (
    <section class="box checks" aria-label="Checks">
      <h2>{headline(newest)}</h2>
      {newest.map((check) => (
        <Check base={base} back={back} check={check} />
      ))}
    </section>
  );
}

function Check({ base, back, check }: { base: string; back: string; check: CheckRun }) {
  const state = check.conclusion ?? check.status;
  const { title, summary, text } = check.output;
  return (
    <details class="check" id={`check-${check.id}`}>
      <summary>
        <span class={`dot ${state}`} title={state} />
        <b>{check.name}</b>
        <span class="title">{title ?? state.replaceAll('_', ' ')}</span>
        <span class={`state ${state}`}>{state.replaceAll('_', ' ')}</span>
      </summary>
      <div class="inner">
        {summary ? <Markdown text={summary} /> : null}
        {text ? <Markdown text={text} /> : null}
        {check.annotations.map((annotation) => (
          <AnnotationNote base={base} sha={check.headSha} annotation={annotation} />
        ))}
        <p class="buttons">
          {check.detailsUrl ? <a href={check.detailsUrl}>Details</a> : null}
          <input type="hidden" form="act" name="back" value={back} />
          {check.actions.map((action) => (
            <button
              type="submit"
              form="act"
              formaction={`${base}/checks/${check.id}/press`}
              name="identifier"
              value={action.identifier}
              title={action.description}
            >
              {action.label}
            </button>
          ))}
          <button type="submit" form="act" class="quiet" formaction={`${base}/checks/${check.id}/rerequest`}>
            Re-run
          </button>
        </p>
      </div>
    </details>
  );
}

function AnnotationNote({ base, sha, annotation }: { base: string; sha: string; annotation: Annotation }) {
  const path = annotation.path.split('/').map(encodeURIComponent).join('/');
  return (
    <div class={`annotation ${annotation.annotation_level}`}>
      <a href={`${base}/blob/${sha}/${path}#L${annotation.start_line}`}>
        {annotation.path}:{annotation.start_line}
      </a>
      {annotation.title ? <b>{annotation.title}</b> : null}
      <pre>{annotation.message}</pre>
    </div>
  );
}

function headline(checks: CheckRun[]): string {
  if (checks.length === 0) return 'No checks yet';
  const waiting = checks.filter((check) => check.status !== 'completed').length;
  if (waiting > 0) return `Some checks haven’t completed yet (${waiting} of ${checks.length})`;
  const fine = ['success', 'neutral', 'skipped'];
  const bad = checks.filter((check) => !fine.includes(check.conclusion ?? '')).length;
  return bad > 0 ? `Some checks were not successful (${bad} of ${checks.length})` : 'All checks have passed';
}
