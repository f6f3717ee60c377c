import { describe, expect, test } from 'vitest';
import { resolveTemplate, type Template } from './resolved-template.ts';

const template: Template = {
  Parameters: { Names: { Type: 'CommaDelimitedList', Default: 'a,b' }, Text: { Type: 'String' } },
  Conditions: {
    IsLong: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'Text' }, 'short'] }] },
    IsShort: { 'Fn::Not': [{ Condition: 'IsLong' }] },
  },
  Resources: {
    Kept: { Type: 'T', Properties: {} },
    Long: { Type: 'T', Condition: 'IsLong' },
  },
};
const outputOf = (value: unknown, parameters: Readonly<Record<string, string>> = { Text: 'long' }) =>
  resolveTemplate({ ...template, Outputs: { O: { Value: value } } }, parameters).Outputs.O.Value;

describe('resolveTemplate', () => {
  test.each([
    { name: 'a list', value: { Ref: 'Names' }, expected: ['a', 'b'] },
    { name: 'a parameter', value: { Ref: 'Text' }, expected: 'long' },
    { name: 'a resource', value: { 'Fn::GetAtt': ['Kept', 'Arn'] }, expected: 'Kept.Arn' },
    {
      name: 'a text',
      value: { 'Fn::Sub': '${Text} of ${AWS::Region}, ${!Text}' },
      expected: 'long of eu-west-1, ${Text}',
    },
    { name: 'a text with variables', value: { 'Fn::Sub': ['${A}-${Text}', { A: 'a' }] }, expected: 'a-long' },
    { name: 'a join', value: { 'Fn::Join': ['-', { Ref: 'Names' }] }, expected: 'a-b' },
    { name: 'a part', value: { 'Fn::Select': [1, { 'Fn::Split': [',', 'x,,y'] }] }, expected: '' },
    { name: 'a condition', value: { 'Fn::If': ['IsShort', 1, 2] }, expected: 2 },
    { name: 'no value', value: [{ Ref: 'AWS::NoValue' }, { a: { Ref: 'AWS::NoValue' }, b: 1 }], expected: [{ b: 1 }] },
  ])('calls what gives $name', ({ value, expected }) => {
    expect(outputOf(value)).toEqual(expected);
  });

  test('leaves out what its condition leaves out', () => {
    expect(Object.keys(resolveTemplate(template, { Text: 'long' }).Resources)).toEqual(['Kept', 'Long']);
    expect(Object.keys(resolveTemplate(template, { Text: 'short' }).Resources)).toEqual(['Kept']);
  });

  test.each([
    {
      name: 'a parameter without a value',
      value: { Ref: 'Text' },
      parameters: {},
      message: 'parameter Text has no value',
    },
    {
      name: 'a parameter that is not there',
      value: 1,
      parameters: { Other: '' },
      message: 'the template has no parameter Other',
    },
    { name: 'a name', value: { Ref: 'Other' }, message: 'the template has no Other' },
    { name: 'a function', value: { 'Fn::Cidr': [] }, message: 'Fn::Cidr is unknown to this test' },
    {
      name: 'a part that is not there',
      value: { 'Fn::Select': [2, { Ref: 'Names' }] },
      message: 'Fn::Select: there is no value at 2 of 2',
    },
  ])('refuses $name', ({ value, parameters, message }) => {
    expect(() => outputOf(value, parameters)).toThrow(message);
  });
});
