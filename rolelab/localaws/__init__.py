"""An AWS on this machine, on loopback only: MiniStack, made to answer what AWS answers."""
