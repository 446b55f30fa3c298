import { defineConfig, type LaunchOptions } from '@playwright/test';
import { CHROMIUM, CHROMIUM_ARGS, CHROMIUM_WITHOUT_DESKTOP } from './tests/fixtures/chromium';

/** What is asked of the person, or shown beside the page. */
const OF_THE_DESKTOP = /(?:notifications|push|sounds)\.spec/;
/** A call of three keeps one of two cores busy: a second one beside it starves both. */
const OF_THREE = /(?:alone|group|layout|screen|send-limits|three|waiting)\.spec/;

const launchOptions: LaunchOptions = {
	executablePath: CHROMIUM_WITHOUT_DESKTOP,
	chromiumSandbox: process.getuid?.() !== 0,
	args: [...CHROMIUM_ARGS, '--use-fake-device-for-media-stream=fps=10', '--use-fake-ui-for-media-stream']
};

export default defineConfig({
	testDir: 'tests/e2e',
	globalSetup: './tests/fixtures/global-setup.ts',
	outputDir: 'test-results',
	// Much of a test is waiting: one worker left two cores idle for 42% of the time, three leave them idle for 9%.
	workers: 3,
	retries: 0,
	forbidOnly: Boolean(process.env.CI),
	timeout: 60_000,
	expect: { timeout: 10_000 },
	reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ? [['list'], ['json']] : [['list']],
	use: {
		browserName: 'chromium',
		// It costs a sixth of the time, also of what passes: `--trace retain-on-failure` where one is needed.
		trace: 'off',
		screenshot: 'only-on-failure',
		launchOptions
	},
	projects: [
		{ name: 'of three', testMatch: OF_THREE, workers: 1 },
		{
			name: 'of the desktop',
			testMatch: OF_THE_DESKTOP,
			use: { launchOptions: { ...launchOptions, executablePath: CHROMIUM } }
		},
		{ name: 'of two', testIgnore: [OF_THREE, OF_THE_DESKTOP] }
	]
});
