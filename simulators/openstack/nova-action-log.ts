/** Writing down what is done to a server: when an action begins, how it ends, and the events that Nova has below it. */
import type { ServerRow } from './rows.ts';
import { tokenOf, type Call } from './wire.ts';

/** Notes that an action begins; the row is to be stored by whoever changes it next. */
export function noteAction(server: ServerRow, action: string, call: Call): void {
  const { user_id, project_id } = tokenOf(call);
  const entry = {
    action,
    request_id: call.requestId,
    user_id,
    project_id: project_id ?? '',
    message: null,
    events: [],
  };
  server.actions = [...(server.actions ?? []), { ...entry, start: Date.now(), updated: Date.now() }];
}

/** Notes how the last of these actions ended; with `words` it failed, and they are what only administrators see. */
export function endAction(server: ServerRow, action: string, words?: string): void {
  const entry = server.actions?.findLast((each) => each.action === action);
  if (entry === undefined) return; // begun in an earlier version of this simulator
  entry.updated = Date.now();
  if (words !== undefined) entry.message = 'Error';
  const names = words === undefined ? eventsOf[action] : failedEventsOf[action];
  const times = { start: entry.start, finish: entry.updated };
  const result = words === undefined ? 'Success' : 'Error';
  entry.events = (names ?? []).map((event) => ({ event, ...times, result, ...(words !== undefined && { words }) }));
}

/** In the order in which they begin. */
const eventsOf: Readonly<Record<string, readonly string[]>> = {
  create: ['compute__do_build_and_run_instance'],
  reboot: ['compute_reboot_instance'],
  start: ['compute_start_instance'],
  stop: ['compute_stop_instance'],
  pause: ['compute_pause_instance'],
  unpause: ['compute_unpause_instance'],
  suspend: ['compute_suspend_instance'],
  resume: ['compute_resume_instance'],
  resize: [
    'conductor_migrate_server',
    'cold_migrate',
    'compute_prep_resize',
    'compute_resize_instance',
    'compute_finish_resize',
  ],
  confirmResize: ['compute_confirm_resize'],
  revertResize: ['compute_revert_resize', 'compute_finish_revert_resize'],
  lock: ['api_lock'],
  unlock: ['api_unlock'],
};

const failedEventsOf: Readonly<Record<string, readonly string[]>> = {
  create: ['conductor_schedule_and_build_instances'],
  resize: ['conductor_migrate_server', 'cold_migrate'],
};
