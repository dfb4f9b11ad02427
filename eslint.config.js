import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: ['dist/', 'node_modules/', '.build/', '.cache/', 'bench/results/', 'tests/apps/*/', '**/*.cjs'],
  },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Kernels are index arithmetic: `!` after a bounds-checked read says what the loop already guarantees.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Numbers in error messages are the point of the messages.
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Test doubles and plain objects of a class's shape are fine: TypeScript is structural.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Code points are what a character tokenizer wants of `[...text]`.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'No default exports: name what you export.' },
      ],
    },
  },
  {
    files: ['**/*.config.{js,ts}', '**/*.d.ts'],
    rules: { 'no-restricted-syntax': 'off', '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: ['eslint.config.js', '**/*.{js,mjs}'],
    ...tseslint.configs.disableTypeChecked,
  },
);
