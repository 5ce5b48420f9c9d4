"""An AWS on this machine, on loopback only: MiniStack with a layer around it that answers what AWS answers."""
