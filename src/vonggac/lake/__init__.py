"""Events at rest: durable intake, Parquet segments with a manifest, scans."""
