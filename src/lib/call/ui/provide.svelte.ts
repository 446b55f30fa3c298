import { onMount } from 'svelte';
import { createPageSession } from '../session/page-session';
import { CallView, setCallView } from './call-view.svelte';

/**
 * Gives the components below their calls. For the layout that every signed-in page shares: called once while it
 * is made, before the link starts. On the server the view is there, and empty.
 */
export function provideCalls(options: Parameters<typeof createPageSession>[0]): CallView {
	const session = createPageSession(options);
	onMount(() => {
		session.open();
		return () => session.close();
	});
	return setCallView(new CallView(session));
}
