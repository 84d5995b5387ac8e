"""The checks of the rules between fields, by topic. `check` defines a check, `table` lists all of them."""
