declare module '*.wgsl' {
  // An import() type: an import statement may not be relative in here, and skipLibCheck would hide that it fails.
  const shader: import('./runtime/shader').Shader;
  export default shader;
}
