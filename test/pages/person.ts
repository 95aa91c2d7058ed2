import assert from 'node:assert/strict';

export interface Answer {
  status: number;
  location: string;
  /** The answer’s Content-Security-Policy. */
  policy: string;
  text: string;
}

/** A browser's manners without a browser: cookies are kept, redirects are followed by hand, forms carry their token. */
export class Person {
  readonly #url: string;
  readonly #cookies = new Map<string, string>();
  /** Every `Set-Cookie` that came. */
  readonly setCookies: string[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  cookie(name: string): string {
    const value = this.#cookies.get(name);
    assert.ok(value, `there is a cookie ${name}`);
    return value;
  }

  setCookie(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  get(path: string): Promise<Answer> {
    return this.#ask(path, {});
  }

  /** Presses a button of a page that was got before: its token goes along. */
  press(path: string, fields: Record<string, string>, page: string): Promise<Answer> {
    const token = /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const body = new URLSearchParams({ form_token: token, ...fields });
    return this.#ask(path, { method: 'POST', body, headers: { Origin: this.#url } });
  }

  async signIn(login: string): Promise<void> {
    const { location } = await this.get('/sign-in');
    const back = await this.agreeAs(login, location);
    assert.equal(back.status, 303, back.text.slice(0, 500));
  }

  /** Agrees on GitHub's page and follows it back. */
  async agreeAs(login: string, github: string): Promise<Answer> {
    return this.get(await this.callbackAs(login, github));
  }

  /** The address that GitHub leads back to, not yet opened. */
  async callbackAs(login: string, github: string): Promise<string> {
    const agreed = github.replace('/login/oauth/authorize', `/login/oauth/authorize/as/${login}`);
    const answer = await fetch(agreed, { redirect: 'manual' });
    const back = answer.headers.get('location') ?? '';
    assert.ok(back.startsWith(`${this.#url}/sign-in/callback?`), back);
    return back.slice(this.#url.length);
  }

  async #ask(path: string, init: RequestInit): Promise<Answer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { Accept: 'text/html', Cookie: cookie, ...init.headers };
    const answer = await fetch(this.#url + path, { ...init, headers, redirect: 'manual' });
    for (const set of answer.headers.getSetCookie()) this.#keep(set);
    const header = (name: string) => answer.headers.get(name) ?? '';
    return {
      ...{ status: answer.status, location: header('location'), policy: header('content-security-policy') },
      text: await answer.text(),
    };
  }

  #keep(set: string): void {
    this.setCookies.push(set);
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
    if (value === '') this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}
