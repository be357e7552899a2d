// TypeScript 6 and 7 want types also of what is imported for its effect alone.
declare const nothing: undefined;
export default nothing;
