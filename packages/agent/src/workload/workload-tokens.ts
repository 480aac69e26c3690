import type { WorkloadIdentity, WorkloadVerifier } from '@steppe/acl';
import { signedTokenInvalid, tokenMalformed } from '@steppe/acl';
import type { Allocation, Job, Secret, SignedIdentity, TaskIdentity } from '@steppe/domain';
import { API_AUDIENCE, errorMessage, identitiesOf, isClientTerminal } from '@steppe/domain';
import type { Clock, Random } from '@steppe/runtime';
import type { SigningKey, StateStore } from '@steppe/state';
import { ALLOCATIONS, SIGNING_KEYS } from '@steppe/state';
import type { JWTPayload } from 'jose';
import { decodeProtectedHeader, errors, importJWK, importPKCS8, jwtVerify, SignJWT } from 'jose';
import { apiError } from '../http/api-error.js';
import { activeKey, CLOCK_LEEWAY_MS } from './signing-keys.js';

export interface WorkloadTokensOptions {
  readonly region: string;
  /** `server.oidc_issuer`; empty: tokens name none. */
  readonly issuer: string;
}

export interface WorkloadTokensDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
}

type CryptoKey = Awaited<ReturnType<typeof importPKCS8>>;

const seconds = (ms: number): number => Math.floor(ms / 1_000);

/** Claims that Nomad's tokens have beside the registered ones. */
interface Claims extends JWTPayload {
  readonly nomad_namespace?: unknown;
  readonly nomad_job_id?: unknown;
  readonly nomad_allocation_id?: unknown;
  readonly nomad_task?: unknown;
}

/**
 * Signs the tokens by which running tasks say who they are, and checks those that are presented. A token counts as long as its
 * allocation lives, and no longer than its identity's `ttl`, where that has one.
 */
export class WorkloadTokens implements WorkloadVerifier {
  readonly #options: WorkloadTokensOptions;
  readonly #deps: WorkloadTokensDeps;
  /** Rows never change their keys, so that these are read once. */
  readonly #private = new WeakMap<Secret, Promise<CryptoKey>>();
  readonly #public = new WeakMap<object, ReturnType<typeof importJWK>>();

  constructor(options: WorkloadTokensOptions, deps: WorkloadTokensDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Tokens of the tasks of an allocation. @param wants - which identities; default: all @throws SIGNING_KEY_MISSING */
  async sign(
    allocation: Allocation,
    job: Job,
    wants: (task: string, identity: string) => boolean = () => true,
  ): Promise<readonly SignedIdentity[]> {
    const tasks = job.taskGroups.find(({ name }) => name === allocation.taskGroup)?.tasks ?? [];
    const wanted = tasks.flatMap((task) =>
      identitiesOf(task)
        .filter(({ name }) => wants(task.name, name))
        .map((identity) => ({ task: task.name, identity })),
    );
    return Promise.all(
      wanted.map(async ({ task, identity }) => ({
        task,
        identity: identity.name,
        token: await this.#sign(allocation, job, task, identity),
      })),
    );
  }

  async verify(token: Secret): Promise<WorkloadIdentity> {
    const { payload } = await this.#checked(token.reveal());
    const { nomad_namespace: namespace, nomad_job_id: jobId, nomad_allocation_id: id, nomad_task: task } = payload;
    if ([namespace, jobId, id, task].some((claim) => typeof claim !== 'string')) {
      throw signedTokenInvalid('invalid claims: this is not the token of a task');
    }
    const allocation = this.#deps.state.snapshot().get(ALLOCATIONS, String(id));
    if (allocation === undefined) throw signedTokenInvalid('allocation does not exist');
    if (isClientTerminal(allocation)) throw signedTokenInvalid('allocation is terminal');
    return {
      allocationId: allocation.id,
      namespace: allocation.namespace,
      jobId: String(jobId),
      group: allocation.taskGroup,
      task: String(task),
    };
  }

  async #sign(allocation: Allocation, job: Job, task: string, identity: TaskIdentity): Promise<string> {
    const { id, namespace, jobId, taskGroup } = allocation;
    const { state, clock, random } = this.#deps;
    const key = activeKey(state.snapshot());
    if (key === undefined) throw apiError('SIGNING_KEY_MISSING');
    const { region, issuer } = this.#options;
    const { audience, name, ttlMs } = identity;
    const nowMs = clock.now();
    const token = new SignJWT({
      nomad_namespace: namespace,
      nomad_job_id: job.parentId || jobId,
      nomad_allocation_id: id,
      nomad_task: task,
    })
      .setProtectedHeader({ alg: key.algorithm, kid: key.id, typ: 'JWT' })
      .setSubject([region, namespace, jobId, taskGroup, task, name].join(':'))
      .setIssuedAt(seconds(nowMs))
      .setNotBefore(seconds(nowMs))
      .setJti(random.uuid());
    const [first] = audience;
    if (first !== undefined) token.setAudience(audience.length === 1 ? first : [...audience]);
    if (ttlMs > 0) token.setExpirationTime(seconds(nowMs + ttlMs));
    if (issuer !== '') token.setIssuer(issuer);
    return token.sign(await this.#privateOf(key));
  }

  async #checked(token: string): Promise<{ readonly payload: Claims }> {
    let kid: string | undefined;
    try {
      ({ kid } = decodeProtectedHeader(token));
    } catch (error) {
      throw tokenMalformed(errorMessage(error));
    }
    const key = this.#deps.state.snapshot().get(SIGNING_KEYS, kid ?? '');
    if (key === undefined) throw signedTokenInvalid('invalid signature: the key is not known');
    try {
      const currentDate = new Date(this.#deps.clock.now());
      // Differs from Nomad: whoever a token of a task was made for cannot turn to us with it.
      const expected = { algorithms: [key.algorithm], audience: API_AUDIENCE };
      const times = { currentDate, clockTolerance: seconds(CLOCK_LEEWAY_MS) };
      return await jwtVerify(token, await this.#publicOf(key), { ...expected, ...times });
    } catch (error) {
      const isClaim = error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired;
      throw signedTokenInvalid(`invalid ${isClaim ? 'claims' : 'signature'}: ${errorMessage(error)}`);
    }
  }

  #privateOf({ privateKey, algorithm }: SigningKey): Promise<CryptoKey> {
    const known = this.#private.get(privateKey) ?? importPKCS8(privateKey.reveal(), algorithm);
    this.#private.set(privateKey, known);
    return known;
  }

  #publicOf({ publicKey, algorithm }: SigningKey): ReturnType<typeof importJWK> {
    const known = this.#public.get(publicKey) ?? importJWK(publicKey, algorithm);
    this.#public.set(publicKey, known);
    return known;
  }
}
