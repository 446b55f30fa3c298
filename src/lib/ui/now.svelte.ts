/** The time of this device while a component shows it, Unix milliseconds, twice a second. Made while a component is. */
export class Now {
	ms = $state(Date.now());

	constructor() {
		$effect(() => {
			const timer = setInterval(() => (this.ms = Date.now()), 500);
			return () => clearInterval(timer);
		});
	}
}
