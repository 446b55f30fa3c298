ALTER TABLE "call_devices" ADD COLUMN "muted_by_host" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "call_participants" ADD COLUMN "removed_at" timestamp (3) with time zone;