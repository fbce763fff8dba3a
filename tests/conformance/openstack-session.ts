/**
 * A person at an OpenStack cloud, for what tests must prepare and the product never does: projects, quotas and images.
 * Plain fetch, and nothing of the product's own client, so that a defect there cannot hide itself.
 */

interface Login {
  readonly username: string;
  readonly password: string;
  /** Name, in the domain `default`. */
  readonly project?: string;
  readonly projectId?: string;
}

interface Catalogue {
  readonly type: string;
  readonly endpoints: readonly { readonly interface: string; readonly url: string }[];
}

interface TokenBody {
  readonly catalog: readonly Catalogue[];
  readonly user: { readonly id: string };
}

export class OpenStackSession {
  readonly #authUrl: string;
  readonly #token: string;
  readonly #catalogue: readonly Catalogue[];
  readonly userId: string;
  readonly #images: string[] = [];

  private constructor(authUrl: string, token: string, { catalog, user }: TokenBody) {
    this.#authUrl = authUrl;
    this.#token = token;
    this.#catalogue = catalog;
    this.userId = user.id;
  }

  static async open(authUrl: string, login: Login): Promise<OpenStackSession> {
    const domain = { id: 'default' };
    const user = { name: login.username, password: login.password, domain };
    const project = login.projectId === undefined ? { name: login.project, domain } : { id: login.projectId };
    const auth = { identity: { methods: ['password'], password: { user } }, scope: { project } };
    const answer = await fetch(`${authUrl}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth }),
    });
    if (answer.status !== 201) throw new Error(`login of ${login.username}: ${answer.status} ${await answer.text()}`);
    const body = (await answer.json()) as { token: TokenBody }; // shape by the API reference
    return new OpenStackSession(authUrl, answer.headers.get('x-subject-token') ?? '', body.token);
  }

  /** Public endpoint as the catalogue has it, without a slash at its end. */
  endpoint(type: string): string {
    const endpoints = this.#catalogue.find((service) => service.type === type)?.endpoints ?? [];
    const url = endpoints.find((endpoint) => endpoint.interface === 'public')?.url;
    if (url === undefined) throw new Error(`the catalogue has no public endpoint for ${type}`);
    return url.replace(/\/+$/, '');
  }

  /** @returns the id of a new project in which that user has the role `member`. */
  async makeProject(name: string, username: string): Promise<string> {
    const { project } = await this.#call<{ project: { id: string } }>('POST', `${this.#authUrl}/projects`, {
      project: { name, domain_id: 'default' },
    });
    const user = await this.#idOf('users', username);
    const role = await this.#idOf('roles', 'member');
    await this.#call('PUT', `${this.#authUrl}/projects/${project.id}/users/${user}/roles/${role}`);
    return project.id;
  }

  async removeProject(id: string): Promise<void> {
    await this.#call('DELETE', `${this.#authUrl}/projects/${id}`);
  }

  async setQuota(projectId: string, quota: { compute: object; network: object }): Promise<void> {
    const compute = { quota_set: quota.compute };
    await this.#call('PUT', `${this.#versioned('compute', '/v2.1')}/os-quota-sets/${projectId}`, compute);
    await this.#call('PUT', `${this.#versioned('network', '/v2.0')}/quotas/${projectId}`, { quota: quota.network });
  }

  /** @returns the name that two active images of this project have. */
  async makeTwoImages(): Promise<string> {
    const name = `twins-${crypto.randomUUID()}`;
    for (let count = 0; count < 2; count += 1) await this.#makeImage(name);
    return name;
  }

  async removeImages(): Promise<void> {
    for (const url of this.#images) await this.#call('DELETE', url);
  }

  async #makeImage(name: string): Promise<void> {
    const images = `${this.#versioned('image', '/v2')}/images`;
    const wanted = { name, disk_format: 'raw', container_format: 'bare', visibility: 'private' };
    const { id } = await this.#call<{ id: string }>('POST', images, wanted);
    this.#images.push(`${images}/${id}`);
    const answer = await fetch(`${images}/${id}/file`, {
      method: 'PUT',
      headers: { 'x-auth-token': this.#token, 'content-type': 'application/octet-stream' },
      body: 'not a real disk',
    });
    if (answer.status !== 204) throw new Error(`upload of image ${id}: ${answer.status} ${await answer.text()}`);
  }

  /** Any call of Nova or Neutron. @param path below the endpoint's version. */
  at<T>(type: 'compute' | 'network', method: string, path: string, body?: object): Promise<T> {
    return this.#call<T>(method, `${this.#versioned(type, type === 'compute' ? '/v2.1' : '/v2.0')}${path}`, body);
  }

  /** @returns id and secret of a credential for this user in this project. */
  async makeApplicationCredential(): Promise<{ id: string; secret: string }> {
    const url = `${this.#authUrl}/users/${this.userId}/application_credentials`;
    const wanted = { application_credential: { name: crypto.randomUUID() } };
    const made = await this.#call<{ application_credential: { id: string; secret: string } }>('POST', url, wanted);
    return made.application_credential;
  }

  #versioned(type: string, version: string): string {
    const endpoint = this.endpoint(type);
    return /\/v\d/.test(endpoint) ? endpoint : `${endpoint}${version}`;
  }

  async #idOf(plural: 'users' | 'roles', name: string): Promise<string> {
    const listed = await this.#call<Record<string, { id: string }[]>>('GET', `${this.#authUrl}/${plural}?name=${name}`);
    const id = listed[plural]?.[0]?.id;
    if (id === undefined) throw new Error(`the cloud has no ${name} among its ${plural}`);
    return id;
  }

  async #call<T>(method: string, url: string, body?: object): Promise<T> {
    const headers = {
      'x-auth-token': this.#token,
      'openstack-api-version': 'compute 2.79',
      ...(body && { 'content-type': 'application/json' }),
    };
    const answer = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T; // the caller names the shape
  }
}
