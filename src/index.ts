// The Worker's entry: re-exports the Rust build and adds what Rust can't export.
import { WorkflowEntrypoint } from "cloudflare:workers";
export { default, PicassoDurableObject } from "../build/index.js";

export class PicassoWorkflow extends WorkflowEntrypoint {
  async run(event, step) {
    return await step.do("validate", async () => ({ accepted: event.payload !== null }));
  }
}
