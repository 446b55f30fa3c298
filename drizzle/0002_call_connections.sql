CREATE TABLE "call_connections" (
	"call_id" uuid NOT NULL,
	"device_id" uuid NOT NULL,
	"peer_device_id" uuid NOT NULL,
	"connection_state" text NOT NULL,
	"ice_connection_state" text NOT NULL,
	"ice_gathering_state" text NOT NULL,
	"signaling_state" text NOT NULL,
	"path" text,
	"candidates" jsonb NOT NULL,
	"restarts" integer NOT NULL,
	"why" text,
	"reported_at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "call_connections_call_id_device_id_peer_device_id_pk" PRIMARY KEY("call_id","device_id","peer_device_id")
);
--> statement-breakpoint
ALTER TABLE "call_connections" ADD CONSTRAINT "call_connections_device" FOREIGN KEY ("call_id","device_id") REFERENCES "public"."call_devices"("call_id","device_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_connections" ADD CONSTRAINT "call_connections_peer_device" FOREIGN KEY ("call_id","peer_device_id") REFERENCES "public"."call_devices"("call_id","device_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "call_connections_reported_at" ON "call_connections" USING btree ("reported_at");