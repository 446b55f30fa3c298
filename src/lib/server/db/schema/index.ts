export * from './people';
export * from './rooms';
export * from './calls';
export * from './messages';
export * from './signals';
export * from './endings';
export * from './presence';
export * from './push';
