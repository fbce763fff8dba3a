/**
 * The use cases as one value for the doors.
 */

import { createApiKeys } from './api-keys.ts';
import type { App } from './app.ts';
import { cancelDeployment, deleteDeployment, retryDeployment } from './change-deployment.ts';
import { createDeployment, planDeploymentRequest } from './create-deployment.ts';
import { configureDeployment } from './configure.ts';
import type { AppDependencies } from './dependencies.ts';
import { createDriftUseCases } from './drift.ts';
import { createEventFeed } from './event-feed.ts';
import { explainDeployment } from './explain-deployment.ts';
import { getDeployment, listDeployments } from './read-deployments.ts';
import { getRun, listRuns } from './read-runs.ts';
import { readiness } from './readiness.ts';
import { createRegionHealth } from './region-health.ts';
import { scaleDeployment } from './scale-deployment.ts';
import { sayNotReady } from './say-not-ready.ts';
import { createTemplate, deleteTemplate, getTemplate, listTemplates, updateTemplate } from './templates.ts';
import { updateDeployment } from './update-deployment.ts';
import { createWebhooks } from './webhooks.ts';

export function createApp(dependencies: AppDependencies): App {
  const keys = createApiKeys(dependencies);
  const feed = createEventFeed(dependencies);
  const health = createRegionHealth(dependencies.regions);
  return sayNotReady({
    createDeployment: (caller, body, options) => createDeployment(dependencies, caller, body, options),
    planDeployment: (body) => planDeploymentRequest(dependencies, body),
    getDeployment: (id, at) => getDeployment(dependencies, id, at),
    explainDeployment: (id) => explainDeployment(dependencies, health, id),
    listDeployments: (query) => listDeployments(dependencies, query),
    deleteDeployment: (_caller, id) => deleteDeployment(dependencies, id),
    scaleDeployment: (_caller, id, body, options) => scaleDeployment(dependencies, id, body, options),
    updateDeployment: (_caller, id, body, options) => updateDeployment(dependencies, id, body, options),
    configureDeployment: (_caller, id, body) => configureDeployment(dependencies, id, body),
    cancelDeployment: (_caller, id) => cancelDeployment(dependencies, id),
    retryDeployment: (_caller, id) => retryDeployment(dependencies, id),
    listEvents: (id, range) => feed.list(id, range),
    followEvents: (id, after, signal, until) => feed.follow(id, after, signal, until),
    listRuns: (id) => listRuns(dependencies, id),
    getRun: (id, runId) => getRun(dependencies, id, runId),
    listTemplates: () => listTemplates(dependencies),
    getTemplate: (name, version) => getTemplate(dependencies, name, version),
    createTemplate: (_caller, body) => createTemplate(dependencies, body),
    updateTemplate: (_caller, name, body) => updateTemplate(dependencies, name, body),
    deleteTemplate: (_caller, name) => deleteTemplate(dependencies, name),
    listRegions: () => health.list(),
    listKeys: () => keys.list(),
    createKey: (body) => keys.create(body),
    deleteKey: (id) => keys.remove(id),
    ...createWebhooks(dependencies),
    ...createDriftUseCases(dependencies),
    readiness: () => readiness(dependencies, health),
    authenticate: (key) => keys.authenticate(key),
  });
}
