"""An AWS on this machine: MiniStack's IAM, STS and S3 behind a layer that answers what AWS answers, on loopback only."""
