/**
 * Where pushes may go. An endpoint is a URL that a client gives us and that we send a request to, so it must be one of a
 * browser maker's own hosts: whoever could name another one would have our server knock on doors behind our firewall.
 *
 * Chrome, and what is built from it: FCM (`push_messaging_constants.cc`; jmt17 is where some builds get theirs). Firefox:
 * autopush. Safari: web.push.apple.com. Edge: a host of WNS for each region.
 */
const HOSTS = ['fcm.googleapis.com', 'jmt17.google.com', 'web.push.apple.com'];
const DOMAINS = ['push.services.mozilla.com', 'notify.windows.com'];

/**
 * @param moreOrigins what the operator adds, as `URL.origin` spells it
 * @returns whether a push may be sent there
 */
export function createEndpointCheck(moreOrigins: readonly string[]): (endpoint: string) => boolean {
	return (endpoint) => {
		const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
		// Browsers spell them as the URL standard does: with anything else somebody tries something.
		if (!url || url.href !== endpoint || url.username !== '' || url.password !== '' || url.hash !== '')
			return false;
		if (moreOrigins.includes(url.origin)) return true;
		if (url.protocol !== 'https:' || url.port !== '') return false;
		return HOSTS.includes(url.hostname) || DOMAINS.some((domain) => url.hostname.endsWith(`.${domain}`));
	};
}
