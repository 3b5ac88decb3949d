// The Worker's entry: re-exports the Rust build, guards it against traps, and adds what Rust can't export.
//
// On stable Rust a panic, an out-of-memory or a stack overflow aborts the whole wasm instance. worker-build makes a new
// one for the next call, but every call that was in flight, in any object of the isolate, would wait for ever, and an alarm
// that trapped would never be run again. So every handler races a watch for traps: callers get 503 and come back; alarms and
// queue batches throw, and the runtime repeats them.
import { WorkflowEntrypoint } from "cloudflare:workers";
import type { WorkflowEvent, WorkflowStep } from "cloudflare:workers";
import Build, { PicassoDurableObject as BuiltObject } from "../build/index.js";

/** How often a handler that is waiting looks for a trap, in milliseconds. Callers must be answered within a second. */
const WATCH_MS = 100;

/** worker-build's own: whether the next call needs a new wasm instance. */
declare const __worker_init_state: { criticalError: boolean };

let traps = 0;

/** The wasm instance is gone. worker-build sees that by itself for a RuntimeError, but not for what else ends one: a stack
 * overflow (RangeError), or an exception out of a binding that never should throw. */
function trap(): void {
  traps += 1;
  __worker_init_state.criticalError = true;
}

// This event is for what callbacks throw, and all callbacks are wasm's: whatever they throw has gone through it, which it
// doesn't survive. A handler's own errors are rejections, which don't come here.
addEventListener("error", trap);

const TRAPPED = Symbol("trapped");

/** The handler's result, or TRAPPED as soon as the wasm instance that it ran in is gone. */
async function guard<T>(run: () => T | Promise<T>): Promise<T | typeof TRAPPED> {
  const before = traps;
  let running: T | Promise<T>;
  try {
    running = run();
  } catch {
    // A Rust handler's errors are rejections: what it throws is a trap.
    trap();
    return TRAPPED;
  }
  let timer: ReturnType<typeof setInterval> | undefined;
  const trapped = new Promise<typeof TRAPPED>((resolve) => {
    timer = setInterval(() => {
      if (traps !== before) resolve(TRAPPED);
    }, WATCH_MS);
  });
  try {
    return await Promise.race([running, trapped]);
  } finally {
    clearInterval(timer);
  }
}

function restarting(): Response {
  const problem = {
    type: "urn:picasso:restarting",
    title: "Restarting",
    status: 503,
    detail: "a part of the service restarted; try again",
  };
  return new Response(JSON.stringify(problem), {
    status: 503,
    headers: { "content-type": "application/problem+json", "retry-after": "1", "cache-control": "no-store" },
  });
}

async function orRestarting(run: () => Response | Promise<Response>): Promise<Response> {
  const before = traps;
  const result = await guard(run);
  if (result === TRAPPED) return restarting();
  // An object that trapped answered first, and the edge, which didn't see the trap yet, takes that for an error.
  return result.status >= 500 && traps !== before ? restarting() : result;
}

async function orThrow<T>(what: string, run: () => T | Promise<T>): Promise<T> {
  const result = await guard(run);
  if (result === TRAPPED) throw new Error(`${what}: the wasm instance trapped`);
  return result;
}

export default class extends Build {
  fetch(request: Request): Promise<Response> {
    return orRestarting(() => super.fetch(request));
  }

  queue(batch: MessageBatch): Promise<void> {
    return orThrow("queue", () => super.queue(batch));
  }
}

export class PicassoDurableObject extends BuiltObject {
  fetch(request: Request): Promise<Response> {
    return orRestarting(() => super.fetch(request));
  }

  alarm(): Promise<void> {
    return orThrow("alarm", () => super.alarm());
  }

  webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    return orThrow("webSocketMessage", () => super.webSocketMessage(socket, message));
  }

  webSocketClose(socket: WebSocket, code: number, reason: string, wasClean: boolean): Promise<void> {
    return orThrow("webSocketClose", () => super.webSocketClose(socket, code, reason, wasClean));
  }

  webSocketError(socket: WebSocket, error: unknown): Promise<void> {
    return orThrow("webSocketError", () => super.webSocketError(socket, error));
  }
}

type Brief = { userId: string; task: string };

/** Briefs. What a run does today is check that it was given one; the route that starts runs isn't there. */
export class PicassoWorkflow extends WorkflowEntrypoint {
  async run(event: WorkflowEvent<Brief>, step: WorkflowStep): Promise<Brief> {
    return await step.do("validate", async () => {
      const { userId, task } = event.payload ?? {};
      if (typeof userId !== "string" || userId === "") throw new Error("userId: must be a text");
      if (typeof task !== "string" || task.trim() === "") throw new Error("task: must be a text");
      return { userId, task };
    });
  }
}
