/** DOM names that the declarations of playwright-core mention, for the test of the live page; no other code uses them. */
interface HTMLElement { readonly dataset: Readonly<Record<string, string | undefined>> }
interface SVGElement { readonly dataset: Readonly<Record<string, string | undefined>> }
interface HTMLElementTagNameMap {}
