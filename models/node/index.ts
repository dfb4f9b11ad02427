/** What needs Node's own modules, which browsers do not have: an entry that only apps of Node, Deno and Bun import. */
export { folderStore } from './folder_store';
export { tuningFile } from './tuning_file';
