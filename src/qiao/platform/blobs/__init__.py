"""Files: their bytes in a store (a folder, or S3), their facts in a table. A row is written only after its bytes are there."""
