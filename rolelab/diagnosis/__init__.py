"""What exists of a lab, how it differs from what was declared, and why AWS answers as it does."""
