/**
 * The HTTP door: translates requests into calls of the app and answers back, and decides nothing. Everything that can
 * be read from the contract is read from it; this file puts the parts in order.
 */

import { fastify, LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { App } from '../../app/app.ts';
import { GroundworkError } from '../../domain/errors.ts';
import { createEventStreams } from './event-stream.ts';
import { faultsOf } from './faults.ts';
import type { Handlers } from './handler.ts';
import { changeHandlers } from './handlers/changes.ts';
import { configureHandlers } from './handlers/configure.ts';
import { deploymentHandlers } from './handlers/deployments.ts';
import { driftHandlers } from './handlers/drift.ts';
import { eventHandlers } from './handlers/events.ts';
import { explainHandlers } from './handlers/explain.ts';
import { keyHandlers } from './handlers/keys.ts';
import { runHandlers } from './handlers/runs.ts';
import { serverHandlers } from './handlers/server.ts';
import { templateHandlers } from './handlers/templates.ts';
import { webhookHandlers } from './handlers/webhooks.ts';
import { parseJsonBody } from './json-body.ts';
import { answerMalformedHttp } from './malformed-http.ts';
import { measureRequests } from './measure.ts';
import type { HttpMetrics } from './measure.ts';
import { answerWithProblem } from './problems.ts';
import { declareRequestState } from './request-state.ts';
import { addRoutes } from './routes.ts';
import { requestIdOf, setStandardHeaders } from './standard-headers.ts';
import { answerUnrouted } from './unrouted.ts';
import { watchUnusedConnections } from './unused-connections.ts';
import { createValidatorCompiler } from './validation.ts';

export interface HttpDoorOptions {
  readonly app: App;
  readonly log: FastifyBaseLogger;
  readonly metrics: HttpMetrics;
  /** Version of the program, for health and the OpenAPI document. */
  readonly version: string;
  /** Pause between heartbeats of an event stream in milliseconds; default 15000. */
  readonly heartbeatMs?: number;
}

/** 1 MiB: sixteen times the largest user data that a cloud takes. */
const BODY_LIMIT = 1024 * 1024;
/** Time for a request to arrive whole, in milliseconds. */
const REQUEST_TIMEOUT = 30_000;
/** Longer than the idle time of common proxies, so that they close first. */
const KEEP_ALIVE_TIMEOUT = 75_000;

/**
 * A server that is ready to `listen` or to `inject`. Its `close()` ends the event streams, lets running requests
 * finish, and resolves.
 */
export async function createHttpDoor(options: HttpDoorOptions): Promise<FastifyInstance> {
  const { app, log, metrics, version, heartbeatMs = 15_000 } = options;
  const server = createServer(log);
  const streams = createEventStreams(heartbeatMs);
  const closeUnusedConnections = watchUnusedConnections(server.server);
  declareRequestState(server);
  acceptJsonOnly(server);
  server.setValidatorCompiler(createValidatorCompiler());
  server.setErrorHandler(answerWithProblem);
  server.setNotFoundHandler(answerUnrouted);
  server.addHook('onRequest', (request, reply, done) => {
    setStandardHeaders(request, reply);
    done();
  });
  server.addHook('preClose', (done) => {
    streams.stop();
    closeUnusedConnections();
    done();
  });
  measureRequests(server, metrics);
  addRoutes(server, app, allHandlers(app, metrics, version), streams);
  await server.ready();
  return server;
}

function createServer(log: FastifyBaseLogger): FastifyInstance {
  return fastify({
    loggerInstance: log,
    // Requests are counted and timed by the metrics; a line each would cost more than most requests do.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: (request) => requestIdOf(request.headers),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 256 },
    clientErrorHandler: answerMalformedHttp,
    // A path that cannot be read: no hook ran for it.
    frameworkErrors: (error, request, reply) => {
      setStandardHeaders(request, reply);
      answerWithProblem(error, request, reply);
    },
    schemaErrorFormatter: (errors, part) => {
      const faults = faultsOf(errors as Parameters<typeof faultsOf>[0], part); // ours come from ajv
      return new GroundworkError('invalid_request', `The ${PART_NOUNS[part]} does not fit the contract.`, { faults });
    },
  });
}

const PART_NOUNS = { body: 'body', params: 'path', querystring: 'query', headers: 'head' } as const;

function acceptJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, parseJsonBody(text.toString()));
    } catch (error) {
      done(error as Error); // parseJsonBody throws nothing else
    }
  });
}

function allHandlers(app: App, metrics: HttpMetrics, version: string): Handlers {
  return {
    ...deploymentHandlers(app),
    ...changeHandlers(app),
    ...configureHandlers(app),
    ...explainHandlers(app),
    ...driftHandlers(app),
    ...runHandlers(app),
    ...eventHandlers(app),
    ...templateHandlers(app),
    ...keyHandlers(app),
    ...webhookHandlers(app),
    ...serverHandlers(app, metrics, version),
  };
}
