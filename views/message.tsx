import { type Frame, Layout } from './layout.tsx';

/** A page that says one thing: not found, not allowed, went wrong. */
export function MessagePage(props: {
  frame: Frame;
  title: string;
  sentence: string;
  next: { href: string; label: string };
}) {
  return (
    <Layout frame={props.frame} title={props.title}>
      <div class="empty">
        <h1>{props.title}</h1>
        <p>{props.sentence}</p>
        <p>
          <a class="btn" href={props.next.href}>
            {props.next.label}
          </a>
        </p>
      </div>
    </Layout>
  );
}
