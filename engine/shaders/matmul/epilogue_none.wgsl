// Nothing happens to the product before it is written. Declares `epilogue` like epilogue_fused.wgsl.
fn epilogue(product: vec4f, at: u32, j: u32) -> vec4f {
  return product;
}
