"""The command line: one file a command, imported only when it is run or its help is asked for."""


def main() -> None:
    """The `archc` script."""
    from archc.cli.application import application

    application.main(prog_name="archc")
