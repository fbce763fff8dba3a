"""Renders every *.in file of a folder into another: render.py FROM TO NAME=VALUE...

`@NAME@` becomes the value, `@include other.in@` on a line of its own the rendered other file. Unknown names are an error,
so a misspelt one never reaches a service as text.
"""
import pathlib
import re
import sys


def render(path, source, values):
    text = (source / path).read_text()
    text = re.sub(r'^@include (\S+)@$', lambda m: render(m[1], source, values).rstrip('\n'), text, flags=re.M)
    return re.sub(r'@([A-Z]+)@', lambda m: values[m[1]], text)


def main(source, target, *settings):
    source, target = pathlib.Path(source), pathlib.Path(target)
    values = dict(setting.split('=', 1) for setting in settings)
    for template in sorted(source.glob('*.in')):
        (target / template.stem).write_text(render(template.name, source, values))


main(*sys.argv[1:])
