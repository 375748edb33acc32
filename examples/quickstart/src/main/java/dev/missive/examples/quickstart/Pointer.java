package dev.missive.examples.quickstart;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import tools.jackson.core.JsonPointer;

/** Reads a JSON pointer from the command line. */
final class Pointer implements ITypeConverter<JsonPointer> {
  @Override
  public JsonPointer convert(String value) {
    try {
      return JsonPointer.compile(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(
          "\"" + value + "\" is not a JSON pointer such as " + Records.NETWORK);
    }
  }
}
