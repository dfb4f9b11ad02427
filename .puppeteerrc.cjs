// The browser comes from the machine or from tools/prepare.mjs, which asks Puppeteer for one only when
// there is none; an install must not download 150 MB as a side effect.
module.exports = { skipDownload: true };
