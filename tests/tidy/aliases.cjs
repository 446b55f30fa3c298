'use strict';
// For dependency-cruiser, which reads tsconfig's paths in .ts files but not in .svelte files.
const { resolve } = require('node:path');

module.exports = { resolve: { alias: { $lib: resolve(__dirname, '../../src/lib') } } };
