import type { Child } from 'hono/jsx';

/** A table whose cells know their column's name: on a phone each row becomes a card. Nothing where there are no rows. */
export function PlainTable({ title, columns, rows }: { title?: string; columns: string[]; rows: Child[][] }) {
  if (rows.length === 0) return null;
  return (
    <section>
      {title !== undefined && <h2>{title}</h2>}
      <div class="card list">
        <table class="runs">
          <thead>
            <tr>
              {columns.map((column) => (
                <th scope="col">{column}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells) => (
              <tr>
                {cells.map((cell, index) => (
                  <td data-label={columns[index]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
