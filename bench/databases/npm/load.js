/** Imports a package of this folder: a specifier is resolved from where `import` stands. */
export const load = name => import(name)
