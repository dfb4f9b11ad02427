// Takes away what Safari 26 and older browsers lack, before the library is loaded. The symbols of `using` cannot be
// deleted where the browser has them: the page gets a Symbol of its own without them.
const native = Symbol;
function OldSymbol(description) {
  if (new.target) throw new TypeError('Symbol is not a constructor');
  return native(description);
}
for (const name of Object.getOwnPropertyNames(native)) {
  if (['dispose', 'asyncDispose', 'length', 'name', 'prototype'].includes(name)) continue;
  Object.defineProperty(OldSymbol, name, Object.getOwnPropertyDescriptor(native, name));
}
OldSymbol.prototype = native.prototype;
globalThis.Symbol = OldSymbol;
for (const name of [
  'Float16Array',
  'DisposableStack',
  'AsyncDisposableStack',
  'SuppressedError',
  'Iterator',
  'Temporal',
]) {
  delete globalThis[name];
}
for (const name of ['requestIdleCallback', 'cancelIdleCallback', 'scheduler', 'trustedTypes']) {
  delete globalThis[name];
  delete Window.prototype[name];
}
delete ReadableStream.prototype[native.asyncIterator];
delete ReadableStream.prototype.values;
delete Math.f16round;
delete Array.fromAsync;
delete Promise.try;
for (const name of ['bytes']) {
  for (const of of [Blob, Request, Response]) delete of.prototype[name];
}
// Iterator helpers: `new Map().values().map(…)`.
const helpers = Object.getPrototypeOf(Object.getPrototypeOf([].values()));
for (const name of Object.getOwnPropertyNames(helpers)) if (name !== 'constructor') delete helpers[name];
globalThis.missing = {
  dispose: !('dispose' in Symbol),
  asyncDispose: !('asyncDispose' in Symbol),
  float16: typeof Float16Array === 'undefined',
  streams: !(native.asyncIterator in ReadableStream.prototype),
  helpers: !('map' in helpers),
};
