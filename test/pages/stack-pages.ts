import type { Permission } from '../../src/run/checks.ts';
import type { TestDatabase } from '../support/database.ts';
import { formToken, openPages, publicUrl, type Seeded, seedStack, textOf } from './seed.ts';

/** The pages of stacks, asked and pressed as by kim, who has whatever permission is given. */
export function stackPages(database: () => TestDatabase) {
  let stacks = 0;
  async function newStack(): Promise<Seeded & { address: string; name: string }> {
    stacks += 1;
    const name = `stack-${stacks}`;
    const stack = await seedStack(database().db, name, `infra/${name}`);
    return { ...stack, name, address: `/stacks/${stack.stackId}` };
  }

  async function get(path: string, level: Permission = 'admin') {
    const response = await openPages(database().db, { level }).app.request(path);
    const body = await response.text();
    return { status: response.status, headers: response.headers, body, text: textOf(body) };
  }

  async function press(path: string, fields: Record<string, string>, options: Options = {}) {
    const { app, asked } = openPages(database().db, options);
    const body = new URLSearchParams({ form_token: options.token ?? formToken, ...fields }).toString();
    const headers = { Origin: publicUrl, 'Content-Type': 'application/x-www-form-urlencoded' };
    const response = await app.request(path, { method: 'POST', body, headers });
    return {
      status: response.status,
      location: response.headers.get('Location'),
      text: textOf(await response.text()),
      asked,
    };
  }

  async function upload(
    path: string,
    content: string | Buffer | null,
    options: Options & { headers?: Record<string, string> } = {},
  ) {
    const form = new FormData();
    form.set('form_token', options.token ?? formToken);
    if (content !== null) form.set('state', new Blob([new Uint8Array(Buffer.from(content))]), 'terraform.tfstate');
    const { app } = openPages(database().db, options);
    const request = { method: 'POST', body: form, headers: options.headers ?? { Origin: publicUrl } };
    const response = await app.request(path, request);
    return { status: response.status, location: response.headers.get('Location'), text: textOf(await response.text()) };
  }

  async function serialsOf(stack: Seeded): Promise<string[]> {
    const rows = await database()
      .db.selectFrom('state_versions')
      .select('serial')
      .where('stack_id', '=', stack.stackId)
      .orderBy('serial')
      .execute();
    return rows.map((row) => row.serial);
  }

  return { newStack, get, press, upload, serialsOf };
}

type Options = Parameters<typeof openPages>[1] & { token?: string };

/** With a resource whose password is called sensitive. */
export function stateText(serial: number, value: string): string {
  const instance = {
    attributes: { id: 'x', input: value, password: `pw-of-${value}` },
    sensitive_attributes: [[{ type: 'get_attr', value: 'password' }]],
  };
  const resource = {
    mode: 'managed',
    type: 'aws_db',
    name: 'main',
    provider: 'provider["registry.terraform.io/hashicorp/aws"]',
    instances: [instance],
  };
  return `{"version": 4, "terraform_version": "1.11.4", "serial": ${serial}, "lineage": "lineage-1", "outputs": {}, "resources": [${JSON.stringify(resource)}]}\n`;
}
