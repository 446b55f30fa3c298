CREATE TABLE "call_quality" (
	"call_id" uuid NOT NULL,
	"device_id" uuid NOT NULL,
	"n" integer NOT NULL,
	"peer_device_id" uuid NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"over_ms" integer NOT NULL,
	"down_ms" integer NOT NULL,
	"round_trip_ms" integer,
	"loss_in_percent" real,
	"loss_out_percent" real,
	"kbit_in" integer NOT NULL,
	"kbit_out" integer NOT NULL,
	"frames_per_second" integer,
	"jitter_ms" integer,
	"path" text,
	"restarts" integer NOT NULL,
	CONSTRAINT "call_quality_call_id_device_id_n_pk" PRIMARY KEY("call_id","device_id","n")
);
--> statement-breakpoint
ALTER TABLE "call_quality" ADD CONSTRAINT "call_quality_device" FOREIGN KEY ("call_id","device_id") REFERENCES "public"."call_devices"("call_id","device_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_quality" ADD CONSTRAINT "call_quality_peer_device" FOREIGN KEY ("call_id","peer_device_id") REFERENCES "public"."call_devices"("call_id","device_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "call_quality_until" ON "call_quality" USING btree ("until");