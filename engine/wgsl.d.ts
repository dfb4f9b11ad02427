declare module '*.wgsl' {
  import type { Shader } from './runtime/shader';
  const shader: Shader;
  export default shader;
}
