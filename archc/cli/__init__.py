"""The command line: one file a command, imported only when it is run or its help is asked for."""


def main() -> None:
    """The `archc` script."""
    import sys

    try:
        from archc.cli.huge_pages import begin_again

        begin_again()
        from archc.cli.streams import mend_streams

        mend_streams()
        from archc.cli.application import application

        application.main(prog_name="archc")
    except KeyboardInterrupt:
        # before there is a command that could say it better
        sys.stderr.write("archc: stopped\n")
        sys.exit(130)
