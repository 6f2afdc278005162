/**
 * ONNX Runtime for the web prints its profile through `console.log`, and Emscripten keeps hold of the console functions it
 * finds when the wasm module starts (platform A8). So the host replaces them before the first session and
 * implements this; native ONNX Runtime writes a file, which its host reads here.
 */
export interface ProfileSource {
  /** Session options the host needs set, e.g. where a profile file goes. */
  readonly sessionOptions?: Readonly<Record<string, unknown>>;
  /** Starts collecting. Called before the profiled session is created. */
  begin(): void;
  /** Stops collecting; everything printed (or written to the file) since `begin`, line by line. */
  end(): Promise<readonly string[]>;
}
