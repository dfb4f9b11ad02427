const { join } = require('node:path');

module.exports = {
  mode: 'production',
  entry: './src/main.ts',
  output: { path: join(__dirname, 'dist'), filename: 'main.js' },
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  module: { rules: [{ test: /\.ts$/, loader: 'ts-loader', options: { transpileOnly: true } }] },
  performance: false,
};
