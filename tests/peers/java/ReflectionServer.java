import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors;
import com.google.protobuf.DynamicMessage;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.ProtoFileDescriptorSupplier;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.grpc.stub.ServerCalls;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.HashMap;
import java.util.Map;

/** grpc-java with both versions of reflection over a descriptor set; its methods are there and do nothing.
 * Usage: ReflectionServer SET. Prints its port, serves until killed. */
public final class ReflectionServer {
  private static final Map<String, FileDescriptorProto> protos = new HashMap<>();
  private static final Map<String, Descriptors.FileDescriptor> files = new HashMap<>();

  public static void main(String[] args) throws Exception {
    FileDescriptorSet set = FileDescriptorSet.parseFrom(Files.readAllBytes(Paths.get(args[0])));
    for (FileDescriptorProto proto : set.getFileList()) {
      protos.put(proto.getName(), proto);
    }
    NettyServerBuilder builder = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0));
    for (String name : protos.keySet()) {
      for (Descriptors.ServiceDescriptor service : file(name).getServices()) {
        builder.addService(definition(service));
      }
    }
    builder.addService(ProtoReflectionServiceV1.newInstance());
    builder.addService(ProtoReflectionService.newInstance());
    Server server = builder.build().start();
    System.out.println(server.getPort());
    server.awaitTermination();
  }

  private static Descriptors.FileDescriptor file(String name) throws Exception {
    if (!files.containsKey(name)) {
      FileDescriptorProto proto = protos.get(name);
      Descriptors.FileDescriptor[] imports = new Descriptors.FileDescriptor[proto.getDependencyCount()];
      for (int i = 0; i < imports.length; i++) {
        imports[i] = file(proto.getDependency(i));
      }
      files.put(name, Descriptors.FileDescriptor.buildFrom(proto, imports));
    }
    return files.get(name);
  }

  private static ServerServiceDefinition definition(Descriptors.ServiceDescriptor service) {
    ProtoFileDescriptorSupplier supplier = service::getFile;
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(service.getFullName()).setSchemaDescriptor(supplier);
    Map<String, MethodDescriptor<DynamicMessage, DynamicMessage>> methods = new HashMap<>();
    for (Descriptors.MethodDescriptor method : service.getMethods()) {
      MethodDescriptor<DynamicMessage, DynamicMessage> made =
          MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
              .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
              .setFullMethodName(
                  MethodDescriptor.generateFullMethodName(service.getFullName(), method.getName()))
              .setRequestMarshaller(
                  ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(method.getInputType())))
              .setResponseMarshaller(
                  ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(method.getOutputType())))
              .build();
      methods.put(method.getName(), made);
      descriptor.addMethod(made);
    }
    ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(descriptor.build());
    for (MethodDescriptor<DynamicMessage, DynamicMessage> method : methods.values()) {
      definition.addMethod(
          method,
          ServerCalls.asyncBidiStreamingCall(
              response -> ServerCalls.asyncUnimplementedStreamingCall(method, response)));
    }
    return definition.build();
  }
}
