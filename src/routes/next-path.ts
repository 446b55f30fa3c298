/** Where to go after signing in: a path of this site, whatever a link may say. */
export function nextPath(url: URL): string {
	const wanted = url.searchParams.get('next') ?? '/';
	if (!wanted.startsWith('/') || !URL.canParse(wanted, url.origin)) return '/';
	const target = new URL(wanted, url.origin);
	// "//elsewhere" and "/\elsewhere" are other sites; "/.//elsewhere" becomes one when it is read again.
	if (target.origin !== url.origin || target.pathname.startsWith('//')) return '/';
	return target.pathname + target.search + target.hash;
}

/** The sign-in page that leads back here. */
export function signInPath(from: URL): string {
	const here = from.pathname + from.search;
	return here === '/' ? '/login' : `/login?next=${encodeURIComponent(here)}`;
}
